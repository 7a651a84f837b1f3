// The ways into the kernel. A SIP calls every kernel function as cdecl; what it calls is
//
//   at CPL 0   a gate, by CALL: changes to the thread's kernel stack and calls the function;
//   at CPL 3   a stub in .rt: INT 0x80 with the function's number, and the kernel goes on from there.
//
// The function gets the address of its arguments, which tells where the SIP was, too: the return
// address lies below them.
// <since lab6>
#include "lib/rt/save_registers.def"

// </since>
#define ESP0       4 /* offsetof(Tss, esp0) */
// <since lab7>
#define USER_DATA  0x23
// </since>

// Interrupts are off in the kernel. The SIP's ESP waits on top of the kernel stack.
.macro GATE name
    .pushsection .text.gates, "ax"
    .balign 16
gate_\name:
    cli
    mov %esp, %ecx
    mov task_state + ESP0, %esp
    push %ecx
    add $4, %ecx
    push %ecx
    call kernel_\name
    mov 4(%esp), %esp
    sti
    ret
    .popsection
    .pushsection .rodata.gates, "a"
    .long gate_\name
    .popsection

    .pushsection .rt.stubs, "ax"
    .balign 16
int_\name:
    mov $number, %eax
    lea 4(%esp), %edx
    int $0x80
    ret
    .popsection
    .pushsection .rodata.int_stubs, "a"
    .long int_\name
    .popsection
    // <since lab7>

    .pushsection .rt.stubs, "ax"
    .balign 16
sysenter_\name:
    mov $number, %eax
    lea 4(%esp), %edx
    mov %esp, %ecx
    sysenter
    .popsection
    .pushsection .rodata.sysenter_stubs, "a"
    .long sysenter_\name
    .popsection

    .pushsection .rodata.functions, "a"
    .long kernel_\name
    .popsection
    // </since>
    // <since lab6>
    .set number_\name, number
    // </since>
    .set number, number + 1
.endm

// <since lab6>
// The same for calls in which a SIP with several threads may wait [sip_threads.hh]: the callee-saved registers lie on top of the
// SIP's stack meanwhile, as rt::CallerState has them, where the collector finds what references they hold.
.macro WAITING_GATE name
    .pushsection .text.gates, "ax"
    .balign 16
waiting_gate_\name:
    cli
    save_registers
    mov %esp, %ecx
    mov task_state + ESP0, %esp
    push %ecx
    add $20, %ecx
    push %ecx
    call kernel_\name
    mov 4(%esp), %esp
    add $16, %esp                   // the function has kept them all
    sti
    ret
    .popsection
    .pushsection .rodata.waiting_gates, "a"
    .long waiting_gate_\name
    .popsection

    .pushsection .rt.stubs, "ax"
    .balign 16
waiting_int_\name:
    save_registers
    mov $number_\name, %eax
    lea 20(%esp), %edx
    int $0x80
    add $16, %esp
    ret
    .popsection
    .pushsection .rodata.waiting_stubs, "a"
    .long waiting_int_\name
    .popsection
.endm
// </since>

.pushsection .rodata.gates, "a"
.balign 4
.global kernel_gates
kernel_gates:
.popsection
.pushsection .rodata.int_stubs, "a"
.balign 4
.global kernel_int_stubs
kernel_int_stubs:
.popsection
// <since lab7>
.pushsection .rodata.sysenter_stubs, "a"
.balign 4
.global kernel_sysenter_stubs
kernel_sysenter_stubs:
.popsection
.pushsection .rodata.functions, "a"
.balign 4
.global kernel_functions
kernel_functions:
.popsection
// </since>

.set number, 0
#define KERNEL_CALL(name, ...) GATE name
#include "kern/abi/abi.def"
#define SERVICE(name) GATE name
#define RUNTIME(name) GATE name
#include "kern/abi/services.def"

// <since lab6>
.pushsection .rodata.waiting_gates, "a"
.balign 4
.global kernel_waiting_gates
kernel_waiting_gates:
.popsection
.pushsection .rodata.waiting_stubs, "a"
.balign 4
.global kernel_waiting_stubs
kernel_waiting_stubs:
.popsection

#define KERNEL_CALL(name, ...) WAITING_GATE name
#include "kern/abi/abi.def"
WAITING_GATE select
// </since>

// <since lab7>
.section .text.gates, "ax"

// INT 0x80 from CPL 3: EAX = number, EDX = address of the arguments; the result in EAX. Segment
// registers may hold anything.
.balign 16
.global kernel_call_entry
kernel_call_entry:
    // <lab7:call>
    cld
    push %edx
    push %eax
    mov $USER_DATA, %ecx
    mov %ecx, %ds
    mov %ecx, %es
    call ring3_call
    add $8, %esp
    iret
    // </lab7:call>

// SYSENTER [SDM2B]: ESP is the address of task_state.esp0; EIP and ESP to return to are in our hands.
.balign 16
.global sysenter_entry
sysenter_entry:
    mov (%esp), %esp
    cld
    push %ecx
    push %edx
    push %eax
    mov $USER_DATA, %edx
    mov %edx, %ds
    mov %edx, %es
    call ring3_call
    add $8, %esp
    pop %ecx
    mov $sysenter_return, %edx
    sti
    sysexit

.cfi_sections .debug_frame
.section .rt.stubs, "ax"
.balign 16
sysenter_return:
    ret

// Where the entry function of a SIP at CPL 3 returns to.
.balign 16
.global ring3_return
ring3_return:
    .cfi_startproc
    .cfi_undefined %eip             // the end of a backtrace
    push %eax
    call int_returned
    ud2
    .cfi_endproc
// </since>

.section .note.GNU-stack, "", @progbits
