// The file server as a C++ process: a FAT32 volume on the disk that `ide` drives, for whoever calls
// (lib/file.hh). The twin of user/fat as far as reading goes: it caches the same metadata in the same
// lines and walks the same chains. What it read is copied to the caller by the reply.
#include "user/native/fat/files.hh"
#include <new>

namespace singlet::native {

namespace {

alignas(4096) std::byte buffer[kMostRead];

// Objects that begin their life when the disk is known.
template <class T>
union Later {
    constexpr Later() : none() {}
    char none;
    T object;
};
Later<Cache> cache;
Later<Volume> volume;
Later<Files> files;

// Why the disk cannot be used; empty: it can.
std::string_view mount(const Disk& disk) {
    std::uint64_t sectors = disk.sectors();
    if (!sectors) return "there is no disk";
    new (&cache.object)
        Cache(disk, static_cast<std::uint32_t>(std::min<std::uint64_t>(sectors, ~0u)));
    new (&volume.object) Volume(cache.object);
    std::string_view trouble = volume.object.mount();
    if (trouble.empty()) new (&files.object) Files(disk, volume.object);
    return trouble;
}

// The status of the reply, whose bytes are in `answer`.
std::int32_t serve(const FileRequest& request, std::size_t bytes, Bytes& answer) {
    static Opened opened;
    switch (request.what) {
    case FileRequest::What::Open: {
        std::string_view path(request.path, bytes - kFileRequestBytes);
        std::int32_t number = files.object.open(path, opened);
        if (number >= 0) answer = bytes_of(opened);
        return number;
    }
    case FileRequest::What::Read: {
        std::uint32_t most = std::min(request.bytes, kMostRead);
        std::int32_t count = files.object.read(request.file, request.offset, {buffer, most});
        if (count > 0) answer = {buffer, static_cast<std::size_t>(count)};
        return count;
    }
    case FileRequest::What::Close:
        files.object.close(request.file);
        return 0;
    }
    return kNoFileRequest;
}

} // namespace

int main() {
    Disk disk(static_cast<ProcessId>(find("ide").value));
    std::string_view trouble = mount(disk);
    if (trouble.empty())
        print("fat: a volume of {} clusters of {} bytes\n", volume.object.clusters(),
              volume.object.cluster_bytes());
    else
        print("fat: cannot use the disk: {}\n", trouble);
    FileRequest request;
    Outcome asked = receive(room_of(request));
    for (;;) {
        if (!asked.good()) asked = receive(room_of(request)); // its reply had no taker
        auto bytes = static_cast<std::size_t>(asked.value);
        Bytes answer;
        std::int32_t status = kNoFileRequest;
        if (!trouble.empty())
            status = kNoVolume;
        else if (bytes >= kFileRequestBytes)
            status = serve(request, bytes, answer);
        asked = reply_receive(asked.extra, status, answer, room_of(request));
    }
}

} // namespace singlet::native
