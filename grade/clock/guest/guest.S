// A bare guest for the tests of the model clock: a multiboot kernel without a kernel. Each
// experiment stands between two marks and does something whose cost under the model can be worked
// out on paper; grade/test_clock.py holds what that is. It ends QEMU through isa-debug-exit.
//
//   physical    0 .. 8 MB   code, stack, tables      mapped by two global 4 MB pages
//               8 MB ..     64 pages of data         0x00800000: 4 KB pages
//                                                    0x00c00000: the same, global
//               16 MB ..    data                     0x01000000: one 4 MB page
#define MARK(n) .byte 0x0f, 0x1f, 0x80; .long 0x534d0000 + (n)
#define PAGES 64
#define DATA 0x00800000
#define GLOBAL_DATA 0x00c00000
#define LARGE_DATA 0x01000000
#define PRESENT_WRITABLE 3
#define LARGE 0x80
#define GLOBAL 0x100

    .section .multiboot, "a"
    .align 4
    .long 0x1badb002, 0, -0x1badb002

    .bss
    .align 4096
    .global clock_page
clock_page: .skip 4096      // ClockPage: magic, cr3, cycles, invalidated, mark, written, written_bytes
directory:  .skip 4096
table:      .skip 4096
global_table: .skip 4096
stack:      .skip 4096
stack_top:
idt:        .skip 0x48 * 8
ticks:      .skip 4

    .data
    .align 8
gdt:        .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdt_pointer: .word 23; .long gdt
idt_pointer: .word 0x48 * 8 - 1; .long idt

    .text
// Reads one word of each of PAGES pages from \start on.
.macro touch start
    mov $\start, %esi
    mov $PAGES, %ecx
1:  mov (%esi), %eax
    add $4096, %esi
    dec %ecx
    jnz 1b
.endm

.macro reload_cr3
    movl $directory, clock_page + 4
    mov $directory, %eax
    mov %eax, %cr3
.endm

// Entry %ecx of the interrupt table leads to %eax.
set_gate:
    mov %ax, idt(, %ecx, 8)
    movw $8, idt + 2(, %ecx, 8)
    shr $16, %eax
    mov %ax, idt + 6(, %ecx, 8)
    movw $0x8e00, idt + 4(, %ecx, 8)
    ret

    .global trap_entry      // every INT 0x40 and every timer interrupt comes here, and nothing else
trap_entry:
    incl ticks
    iret

print_hex:                  // %eax, and a newline, to the serial line
    mov %eax, %ebx
    mov $8, %ecx
1:  rol $4, %ebx
    mov %bl, %al
    and $15, %al
    cmp $10, %al
    jb 2f
    add $('a' - '0' - 10), %al
2:  add $'0', %al
    mov $0x3f8, %dx
    out %al, %dx
    dec %ecx
    jnz 1b
    mov $10, %al
    out %al, %dx
    ret

    .global start
start:
    mov $stack_top, %esp
    lgdt gdt_pointer
    ljmp $8, $1f
1:  mov $16, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov $trap_entry, %eax
    mov $0x40, %ecx
    call set_gate
    mov $trap_entry, %eax
    mov $0x20, %ecx
    call set_gate
    lidt idt_pointer
    movl $0x4b4c4353, clock_page

    // Page tables.
    movl $(LARGE | GLOBAL | PRESENT_WRITABLE), directory
    movl $(0x400000 + LARGE + GLOBAL + PRESENT_WRITABLE), directory + 4
    movl $(table + PRESENT_WRITABLE), directory + 8
    movl $(global_table + PRESENT_WRITABLE), directory + 12
    movl $(LARGE_DATA + LARGE + PRESENT_WRITABLE), directory + 16
    mov $PAGES, %ecx
    xor %edi, %edi
    mov $(DATA + PRESENT_WRITABLE), %eax
1:  mov %eax, table(%edi)
    mov %eax, global_table(%edi)
    orl $GLOBAL, global_table(%edi)
    add $4096, %eax
    add $4, %edi
    dec %ecx
    jnz 1b

    MARK(0xfffd)            // too early: starts nothing
    MARK(0xffff)
    MARK(1)                 // from the end of this block on all is counted
    jmp 1f
1:
    MARK(10)                // nothing
    MARK(11)

    mov $100, %ecx          // a hundred INTs
    MARK(20)
1:  int $0x40
    dec %ecx
    jnz 1b
    MARK(21)

    mov $0x00a00000, %esi   // 64 lines, cold ...
    mov $64, %ecx
    MARK(30)
1:  mov (%esi), %eax
    add $64, %esi
    dec %ecx
    jnz 1b
    MARK(31)
    mov $0x00a00000, %esi   // ... and warm, by writing
    mov $64, %ecx
1:  mov %eax, (%esi)
    add $64, %esi
    dec %ecx
    jnz 1b
    MARK(32)

    movl $0x00a00000, clock_page + 24   // a device writes eight of the lines: cold again
    movl $512, clock_page + 28
    MARK(0xfffd)
    mov $0x00a00000, %esi
    mov $64, %ecx
    MARK(35)
1:  mov (%esi), %eax
    add $64, %esi
    dec %ecx
    jnz 1b
    MARK(36)

    mov $10, %ecx           // three lines of one set of two ways, in turn
    MARK(40)
1:  mov 0x00b00000, %eax
    mov 0x00b08000, %eax
    mov 0x00b10000, %eax
    dec %ecx
    jnz 1b
    MARK(41)

    MARK(45)                // an access across two lines, both cold
    mov 0x00b2003e, %eax
    MARK(46)

    touch DATA              // pages without paging; warms the caches for what follows
    MARK(50)
    touch DATA
    MARK(51)

    mov $0x90, %eax         // CR4.PSE, CR4.PGE
    mov %eax, %cr4
    reload_cr3
    mov %cr0, %eax
    or $0x80000000, %eax
    mov %eax, %cr0
    jmp 1f
1:  touch DATA
    mov clock_page, %eax    // the large pages of code and tables are known from here on
    MARK(60)                // all translations anew
    reload_cr3
    touch DATA
    MARK(61)
    touch DATA              // from the second level
    MARK(62)

    touch GLOBAL_DATA
    MARK(64)                // global translations survive
    reload_cr3
    touch GLOBAL_DATA
    MARK(65)
    movl $(GLOBAL_DATA + 5 * 4096), clock_page + 16
    invlpg GLOBAL_DATA + 5 * 4096
    touch GLOBAL_DATA
    MARK(66)

    reload_cr3
    MARK(68)                // one large page
    touch LARGE_DATA
    MARK(69)

    mov $DATA, %esi         // 4 KB copied
    mov $(DATA + 0x2000), %edi
    mov $1024, %ecx
    MARK(70)
    rep movsl
    MARK(71)

    mov $1000, %ecx         // a loop: branches that can be foretold
    MARK(75)
1:  dec %ecx
    jnz 1b
    MARK(76)

    // Three timer interrupts, waited for by HLT.
    mov $0x11, %al
    out %al, $0x20
    mov $0x20, %al
    out %al, $0x21
    mov $4, %al
    out %al, $0x21
    mov $3, %al             // 8086 mode, automatic end of interrupt
    out %al, $0x21
    mov $0xfe, %al
    out %al, $0x21
    mov $0x34, %al
    out %al, $0x43
    mov $0x00, %al
    out %al, $0x40
    mov $0x10, %al
    out %al, $0x40
    movl $0, ticks
    MARK(80)
    sti
1:  hlt
    cmpl $3, ticks
    jb 1b
    cli
    MARK(81)

    MARK(90)                // the counter as the guest sees it, at a mark ...
    mov clock_page + 8, %eax
    call print_hex
    MARK(91)
    rdtsc                   // ... and at RDTSC
    mov clock_page + 8, %eax
    call print_hex
    MARK(92)
    MARK(0xffff)            // publishes, but is no record
    movl $93, clock_page + 20
    MARK(0xfffe)            // record 93
    mov $16, %eax
    mov $0xf4, %dx
    out %al, %dx
1:  hlt
    jmp 1b
