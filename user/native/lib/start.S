// Where a process begins: EIP is the ELF file's entry, ESP the top of its stack, all else zero.
.section .text.start, "ax"
.global _start
_start:
    sub $32, %esp                   // so much of a caller's stack the stubs below read
    call native_main
    push %eax
    call native_exit
    ud2

// The system calls as C++ functions [kern/native/system_calls.def]: cdecl to registers. The first
// result is in EAX and the second in EDX, which together are a 64-bit result of cdecl.
.macro STUB name
    .balign 16
    .global native_\name
native_\name:
    push %ebp
    push %edi
    push %esi
    push %ebx
    mov 20(%esp), %ebx
    mov 24(%esp), %ecx
    mov 28(%esp), %edx
    mov 32(%esp), %esi
    mov 36(%esp), %edi
    mov 40(%esp), %ebp
    mov $number, %eax
    int $0x80
    pop %ebx
    pop %esi
    pop %edi
    pop %ebp
    ret
    .set number, number + 1
.endm

.set number, 0
#define SYSTEM_CALL(name) STUB name
#include "kern/native/system_calls.def"

.section .note.GNU-stack, "", @progbits
