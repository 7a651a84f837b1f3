// WebFiles [MSPC 4.3] as a C++ process: the twin of user/webfiles, with the same reads and the same
// checksum. Each read opens a file, has it copied piece by piece into a buffer, sums it up, and closes
// it. What is measured lies between the marks 1 and 2. Boot arguments: reads= how many, seed= which.
#include "user/native/lib/file.hh"
#include "user/native/lib/native.hh"
#include "user/native/webfiles/workload.hh"
#include <bit>
#include <cstring>

namespace singlet::native {

namespace {

constexpr std::uint32_t kDefaultReads = 200, kDefaultSeed = 1;
constexpr std::uint32_t kMarkBegin = 1, kMarkEnd = 2;

alignas(4096) std::byte buffer[kMostRead];

// Fletcher's two sums over a file's 32-bit words (the last filled up with zeros), folded into one
// figure file by file.
struct Checksum {
    std::uint32_t first = 0, second = 0, folded = 0, bytes = 0;

    void add(const std::byte* data, std::uint32_t count) {
        std::uint32_t a = first, b = second;
        for (std::uint32_t i = 0; i < count; i += 4) {
            std::uint32_t word = 0;
            if (count - i >= 4)
                std::memcpy(&word, data + i, 4);
            else
                std::memcpy(&word, data + i, count - i);
            a += word;
            b += a;
        }
        first = a;
        second = b;
        bytes += count;
    }
    void end_of_file() {
        folded = std::rotl(folded, 5) ^ first ^ second;
        first = second = 0;
    }
};

// The path of a file: only its digits change.
struct Path {
    char text[29] = "/webfiles/dir00000/class0_0";
    static constexpr std::size_t kLength = 27;

    void set(Workload::Draw draw) {
        std::uint32_t at = 17; // the last digit of dir00000
        for (std::uint32_t n = draw.directory; at > 12; n /= 10)
            text[at--] = static_cast<char>('0' + n % 10);
        text[24] = static_cast<char>('0' + draw.kind);
        text[26] = static_cast<char>('0' + draw.file);
    }
};

[[noreturn]] void quit(std::string_view why) {
    print("webfiles: {}\n", why);
    exit(1);
}

class FileServer {
public:
    explicit FileServer(ProcessId server) : server_(server) {}

    std::uint32_t open(const Path& path, Opened& opened) {
        request_.what = FileRequest::What::Open;
        std::memcpy(request_.path, path.text, Path::kLength);
        Outcome answer = ask(kFileRequestBytes + Path::kLength, room_of(opened));
        if (answer.value == kNoVolume || answer.value == kGone) quit(text_of(answer.value));
        if (!answer.good()) {
            print("webfiles: {}: {}\n", path.text, text_of(answer.value));
            exit(1);
        }
        return static_cast<std::uint32_t>(answer.value);
    }
    /// How many bytes, at least one.
    std::uint32_t read(std::uint32_t file, std::uint32_t offset) {
        request_.what = FileRequest::What::Read;
        request_.file = file;
        request_.offset = offset;
        request_.bytes = kMostRead;
        Outcome answer = ask(kFileRequestBytes, buffer);
        if (!answer.good()) quit(text_of(answer.value));
        if (answer.value == 0) quit("a file ended before its size");
        return static_cast<std::uint32_t>(answer.value);
    }
    void close(std::uint32_t file) {
        request_.what = FileRequest::What::Close;
        request_.file = file;
        ask(kFileRequestBytes, {});
    }

private:
    Outcome ask(std::size_t bytes, Room reply) {
        return call(server_, {reinterpret_cast<std::byte*>(&request_), bytes}, reply);
    }
    ProcessId server_;
    FileRequest request_{};
};

void replay(FileServer files, std::uint32_t reads, std::uint32_t seed) {
    Workload workload(seed);
    Checksum sum;
    Path path;
    Opened opened;
    for (std::uint32_t d = 0; d < kDirectories; d++) { // so that the server has them cached
        path.set({.directory = d, .kind = 0, .file = 0});
        files.close(files.open(path, opened));
    }
    mark(kMarkBegin);
    for (std::uint32_t i = 0; i < reads; i++) {
        path.set(workload.draw());
        std::uint32_t file = files.open(path, opened);
        for (std::uint32_t offset = 0; offset < opened.size;) {
            std::uint32_t count = files.read(file, offset);
            sum.add(buffer, count);
            offset += count;
        }
        sum.end_of_file();
        files.close(file);
    }
    mark(kMarkEnd);
    print("webfiles: reads={} bytes={} checksum={:08x}\n", reads, sum.bytes, sum.folded);
}

} // namespace

int main() {
    std::uint32_t reads = argument(0), seed = argument(1);
    Outcome server = find("fat");
    if (!server.good()) quit("there is no file service");
    replay(FileServer(static_cast<ProcessId>(server.value)), reads ? reads : kDefaultReads,
           seed ? seed : kDefaultSeed);
    return 0;
}

} // namespace singlet::native
