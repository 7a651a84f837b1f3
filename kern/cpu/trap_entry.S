// From a gate to handle_trap(TrapFrame&) and back. Every vector has a stub of one size that pushes
// its number (and a zero where the processor pushes no error code); the rest is common. Layout of
// what is pushed: TrapFrame in kern/cpu/trap.hh.
#define STACK_SIZE 16384 /* = kern::kStackSize */
#define USER_DATA  0x23
#define ESP0       4     /* offsetof(Tss, esp0) */

.section .text.trap_entry, "ax"

// Vectors 8, 10-14, 17, 21, 29 and 30 push an error code [SDM3A 6.15]: bits of this mask.
#define HAS_ERROR_CODE 0x60227d00

.balign 16
.global trap_stubs
trap_stubs:
.set number, 0
.rept 256
    .balign 16
    .if (number > 31) || !((HAS_ERROR_CODE >> number) & 1)
    push $0
    .endif
    push $number
    jmp trap_common
    .set number, number + 1
.endr

.balign 16
.global trap_common
trap_common:
    pusha
    cld
    mov %esp, %ebx                  // the frame; EBX survives the call below
    testb $3, 44(%esp)              // CS: from CPL 3?
    jnz 1f
    // From CPL 0. Kernel stacks are aligned to their size, so two addresses are on the same one
    // when they differ in no bit above it.
    mov %esp, %eax
    mov task_state + ESP0, %ecx
    lea -1(%ecx), %edx
    xor %edx, %eax
    cmp $STACK_SIZE, %eax
    jb 2f
    mov %ecx, %esp                  // a SIP's stack: go on where the kernel stack was left
    jmp 2f
1:  mov $USER_DATA, %eax            // CPL 3 may have loaded anything
    mov %eax, %ds
    mov %eax, %es
2:  push %ebx
    call handle_trap
.global trap_return
trap_return:                        // EBX = the frame
    mov %ebx, %esp
    popa
    add $8, %esp
    iret

.section .note.GNU-stack, "", @progbits
