// How a SIP at CPL 3 enters the kernel: INT 0x80, or with `trap=sysenter` SYSENTER.
#pragma once

namespace singlet::kern {

bool uses_sysenter();

} // namespace singlet::kern
