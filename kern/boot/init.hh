// Start-up steps announce themselves: INIT(310, start_heap) puts start_heap into a table that the
// linker gathers in order of the three-digit number, and kernel_main runs it. A tree without a
// folder boots without that folder's steps.
//
//   1xx  descriptors and traps      4xx  timer, threads
//   2xx  command line               5xx  devices
//   3xx  frames, heap, page tables  6xx  channels, kernel calls     7xx  SIPs
//
// What a step may use is what smaller numbers have started. Constructors of globals run before all
// steps and must not allocate.
#pragma once

namespace singlet::kern {

struct InitStep {
    unsigned order;
    const char* name;
    void (*run)();
};

#define INIT(order, function)                                                                      \
    [[gnu::section(".table.init." #order), gnu::used]]                                             \
    static const ::singlet::kern::InitStep init_step_##function {                                  \
        order, #function, function                                                                 \
    }

} // namespace singlet::kern
