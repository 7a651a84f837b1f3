// INT 0x80 from a C++ process: EAX = number, the arguments in EBX ECX EDX ESI EDI EBP. They are pushed
// in this order, below what the processor pushed, and process_call gets their address. The result in
// EDX:EAX; the other registers come back as they were.
#define USER_DATA 0x23

.section .text.process_entry, "ax"
.balign 16
.global process_entry
process_entry:
    // <lab2:entry>
    cld
    push %ebp
    push %edi
    push %esi
    push %edx
    push %ecx
    push %ebx
    mov $USER_DATA, %ecx            // CPL 3 may have loaded anything
    mov %ecx, %ds
    mov %ecx, %es
    xor %ebp, %ebp                  // the end of every backtrace
    mov %esp, %edx
    push %edx
    push %eax
    call process_call
    add $8, %esp
    pop %ebx
    pop %ecx
    add $4, %esp
    pop %esi
    pop %edi
    pop %ebp
    iret
    // </lab2:entry>

.section .note.GNU-stack, "", @progbits
