#include "grade/clock/guest_memory.hh"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace singlet::clock {

std::expected<GuestMemory, std::string> GuestMemory::map(const std::string& path) {
    const auto failed = [&](const char* what) {
        return std::unexpected("cannot " + std::string(what) + " the guest's memory '" + path +
                               "': " + std::strerror(errno));
    };
    const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) return failed("open");
    struct stat status{};
    if (fstat(fd, &status) != 0) return close(fd), failed("examine");
    const auto size = static_cast<std::uint64_t>(status.st_size);
    void* const bytes = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED) return failed("map");
    return GuestMemory(static_cast<std::uint8_t*>(bytes), size);
}

} // namespace singlet::clock
