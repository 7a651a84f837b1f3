// The 16550 UART of the first serial port, by polling.
#pragma once

namespace singlet::kern::serial {

void put(char c);
/// Waits for the next character.
char get();
/// Has the machine such a port?
bool exists();

} // namespace singlet::kern::serial
