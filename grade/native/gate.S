// The host function in EAX, called on the host's stack with a copy of its arguments, of which no
// function has more words than this.
#define ARGUMENTS 6

    .text
    .globl native_gate
    .type native_gate, @function
native_gate:
    push %ebp
    mov %esp, %ebp
    mov $host_stack_end, %esp
    .set word, ARGUMENTS
    .rept ARGUMENTS
    .set word, word - 1
    push 8 + 4 * word(%ebp)
    .endr
    call *%eax
    mov %ebp, %esp
    pop %ebp
    ret
    .size native_gate, . - native_gate

    .bss
    .balign 16
    .skip (1 << 20) + 8             // a multiple of 16 is left once ARGUMENTS words are pushed
host_stack_end:

    .section .note.GNU-stack, "", @progbits
