// What compiler and standard headers expect from a C++ run-time, as far as a kernel without
// exceptions needs it: every way to throw is a panic that names the exception.
#include "kern/cpu/exit.hh"
#include <cstdlib>
#include <exception>

using singlet::kern::panic;

extern "C" {
void* __dso_handle = nullptr;
// The kernel never runs destructors of globals: it ends with the machine.
int atexit(void (*)()) { return 0; }
int __cxa_atexit(void (*)(void*), void*, void*) { return 0; }
[[noreturn]] void __cxa_pure_virtual() { panic("a pure virtual function was called"); }
void abort() { panic("abort() was called"); }
}

namespace std {

void __throw_length_error(const char* what) { panic("length_error: {}", what); }
void __throw_logic_error(const char* what) { panic("logic_error: {}", what); }
void __throw_invalid_argument(const char* what) { panic("invalid_argument: {}", what); }
void __throw_out_of_range(const char* what) { panic("out_of_range: {}", what); }
void __throw_out_of_range_fmt(const char* what, ...) { panic("out_of_range: {}", what); }
void __throw_bad_alloc() { panic("bad_alloc: no kernel memory left"); }
void __throw_bad_array_new_length() { panic("bad_array_new_length"); }
void __throw_bad_function_call() { panic("bad_function_call"); }
[[noreturn]] void __throw_bad_variant_access(const char* what) { panic("bad_variant: {}", what); }
void __glibcxx_assert_fail(const char* file, int line, const char*, const char* what) {
    panic("{}:{}: {}", file, line, what);
}
void terminate() noexcept { panic("std::terminate() was called"); }

} // namespace std
