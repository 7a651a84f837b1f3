// Entries of the helpers that may collect. They save the callee-saved registers where the collector
// finds them (CallerState), so that it can follow the frames of whoever called.
    .text

    .macro collecting_entry name, body
    .globl \name
    .type \name, @function
\name:
    push %ebp
    push %edi
    push %esi
    push %ebx
    push %esp
    call \body
    add $20, %esp
    ret
    .size \name, . - \name
    .endm

    collecting_entry rt_new_object, rt_allocate_object
    collecting_entry rt_new_array, rt_allocate_array

    .section .note.GNU-stack, "", @progbits
