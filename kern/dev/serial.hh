// The 16550 UART of the first serial port, output only, by polling.
#pragma once

namespace singlet::kern::serial {

void put(char c);

} // namespace singlet::kern::serial
