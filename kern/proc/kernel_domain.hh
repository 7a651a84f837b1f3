// Page tables in which the kernel reaches all memory: what threads of its own run in, and what is active
// while another address space goes away. There are none while paging is off.
#pragma once
// <since lab4>
#include "kern/mem/frames.hh"
// </since>

namespace singlet::kern {

/// Switches paging on, with these tables. No memory for them: a sentence and the end.
void start_paging();
/// Makes them active; nothing while paging is off.
void enter_kernel_domain();
// <since lab4>
/// From now on nobody writes these frames, the kernel neither; and the reverse, when they go.
void seal(const Frames& frames);
void unseal(const Frames& frames);
// </since>

} // namespace singlet::kern
