// Where the boot loader jumps to [Multiboot 0.6.96, 3.2]: protected mode, flat segments, paging and
// interrupts off, EAX = 0x2BADB002, EBX = address of the information structure.
#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 0x00000003 /* modules on page boundaries, memory map wanted */
#define STACK_SIZE      16384      /* = kern::kStackSize: aligned to its size, like every kernel stack */

.section .multiboot, "a"
.balign 4
.long MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

.section .boot, "ax"
.global _start
_start:
    cld
    mov $boot_stack_top, %esp
    xor %ebp, %ebp              // the end of every backtrace
    push %ebx
    push %eax
    call kernel_main
1:  hlt
    jmp 1b

.section .bss.boot_stack, "aw", @nobits
.balign STACK_SIZE
.global boot_stack, boot_stack_top
boot_stack:
    .skip STACK_SIZE
boot_stack_top:

.section .note.GNU-stack, "", @progbits
