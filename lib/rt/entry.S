// Entries of the helpers that may collect, and of those that change the stack. They save registers
// where the collector finds them, so that it can follow the frames of whoever called, and go on at
// the run-time's own stack, which ends with the thread's page [stack.hh].
#include "lib/rt/save_registers.def"

#define NOW_THREAD          8 /* offsetof(Now, thread) */
#define SEGMENT             0 /* offsetof(Thread, segment) */
#define SEGMENT_RETURN_SLOT 4 /* offsetof(Segment, return_slot) */
#define PAGE                4096

    .text

// EBX keeps the stack that was left; the C++ function preserves it.
    .macro to_own_stack
    mov %esp, %ebx
    mov now_page + NOW_THREAD, %ecx
    lea PAGE(%ecx), %esp
    .endm

// The stack is a CallerState.
    .macro collecting_entry name, body
    .globl \name
    .type \name, @function
\name:
    save_registers
    to_own_stack
    push %ebx
    call \body
    mov %ebx, %esp
    pop %ebx
    add $12, %esp
    ret
    .size \name, . - \name
    .endm

    collecting_entry rt_new_object, rt_allocate_object
    collecting_entry rt_new_array, rt_allocate_array
    // <since lab5>
    collecting_entry rt_collect, rt_collect_now
    // </since>

// A function that has no room calls this, behind PUSH stack_request(), before it has touched any
// register. Comes back with the same registers, on a stack with room.
    .globl rt_more_stack
    .type rt_more_stack, @function
rt_more_stack:
    push %ecx
    push %edx
    push %eax
    save_registers
    to_own_stack
    push %ebx
    call rt_link_segment
    mov %eax, %esp
    pop %ebx
    add $12, %esp                   // ESI EDI EBP are as they were
    pop %eax
    pop %edx
    pop %ecx
    ret $4
    .size rt_more_stack, . - rt_more_stack

// Here such a function returns; its result is in EDX:EAX. ESP goes back to the segment before, to
// where the return address lies.
    .globl rt_unlink
    .type rt_unlink, @function
rt_unlink:
    mov now_page + NOW_THREAD, %ecx
    mov SEGMENT(%ecx), %ecx
    mov SEGMENT_RETURN_SLOT(%ecx), %esp
    push %edx
    push %eax
    push %ebx
    to_own_stack
    call rt_unlink_segment
    mov %ebx, %esp
    pop %ebx
    pop %eax
    pop %edx
    ret
    .size rt_unlink, . - rt_unlink

    .section .note.GNU-stack, "", @progbits
