// The only places where the processor changes stacks on purpose.
#define USER_CODE   0x1b
#define USER_DATA   0x23
#define ESP0        4       /* offsetof(Tss, esp0) */
#define FLAGS_IF    0x202

.section .text.switch, "ax"
.cfi_sections .debug_frame              // for GDB: where a backtrace ends, no more

// void switch_context(uint32_t* save_esp, uint32_t load_esp)
// Saves what a called function must keep, and goes on where the other thread stopped.
.balign 16
.global switch_context
switch_context:
    // <lab2:switch>
    mov 4(%esp), %eax
    mov 8(%esp), %edx
    push %ebp
    push %ebx
    push %esi
    push %edi
    mov %esp, (%eax)
    mov %edx, %esp
    pop %edi
    pop %esi
    pop %ebx
    pop %ebp
    ret
    // </lab2:switch>

// The first thing a new thread runs: its stack was prepared by Thread::create.
.balign 16
.global thread_start
thread_start:
    .cfi_startproc
    .cfi_undefined %eip
    xor %ebp, %ebp                  // the end of every backtrace
    call thread_main
    .cfi_endproc

// What run_outside and run_ring3 leave on the kernel stack; leave_outside finds it at esp0:
//      esp0 -> EDI ESI EBX EBP | former esp0 | return address
.macro enter_outside
    mov task_state + ESP0, %edx
    push %edx
    push %ebp
    push %ebx
    push %esi
    push %edi
    mov %esp, task_state + ESP0
.endm

// void run_outside(void (*entry)(void*), void* argument, void* stack_top)
.balign 16
.global run_outside
run_outside:
    .cfi_startproc
    .cfi_undefined %eip             // the kernel's frames are on another stack
    enter_outside                   // 20 bytes lie between ESP and the return address now
    mov 24(%esp), %eax              // entry
    mov 28(%esp), %ecx              // argument
    mov 32(%esp), %esp              // stack_top
    xor %ebp, %ebp
    push %ecx
    sti
    call *%eax
    cli
    .cfi_endproc
    // and so back to the kernel stack

// void leave_outside()
.global leave_outside
leave_outside:
    mov task_state + ESP0, %esp
    pop %edi
    pop %esi
    pop %ebx
    pop %ebp
    pop task_state + ESP0
    ret

// void run_ring3(uint32_t eip, uint32_t esp)
// There is no instruction that goes to CPL 3 but one that returns there: what IRET takes from the stack is
// what a trap from CPL 3 would have pushed. No register shows anything of the kernel's; interrupts are on.
.balign 16
.global run_ring3
run_ring3:
    enter_outside
    mov 24(%esp), %eax              // eip
    mov 28(%esp), %ecx              // esp
    // <lab2:ring3>
    push $USER_DATA                 // SS ESP EFLAGS CS EIP, as IRET to CPL 3 wants them
    push %ecx
    push $FLAGS_IF
    push $USER_CODE
    push %eax
    xor %eax, %eax                  // nothing of the kernel's leaks
    xor %ebx, %ebx
    xor %ecx, %ecx
    xor %edx, %edx
    xor %esi, %esi
    xor %edi, %edi
    xor %ebp, %ebp
    iret
    // </lab2:ring3>

.section .note.GNU-stack, "", @progbits
