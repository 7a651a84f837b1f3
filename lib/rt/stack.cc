// Linking and unlinking stack segments. Both run on the run-time's stack [entry.S].
#include "lib/core/assert.hh"
#include "lib/rt/heap.hh"

namespace singlet::rt {

namespace {

// What the entry left on the stack of a function that asked for another segment.
struct Request {
    Word saved[4];     // EBX ESI EDI EBP
    Word arguments[3]; // EAX EDX ECX
    Word resume;       // behind the function's stack test
    Word size;         // stack_request()
    Word return_address;
    Word on_stack[]; // arguments

    Word frame_words() const { return size >> 8; }
    Word bytes() const { return static_cast<Word>(sizeof(Request)) + 4 * (size & 0xff); }
};

void set_limit(Sip& sip, Word segment) {
    at<void(Word)>(sip.control.stack_limit)(stack_limit_of(segment));
}

// The heap may hold all of the quota without needing it.
Word find_pages(Sip& sip, Word count, const Request& request) {
    if (Word run = kernel_pages(sip, count)) return run;
    collect(sip, {.saved = request.saved,
                  .arguments = request.arguments,
                  .return_address = request.resume,
                  .esp = address_of(&request.size)});
    give_pages_back(sip, 0);
    return kernel_pages(sip, count);
}

Word new_segment(Sip& sip, Thread& thread, Word bytes, const Request& request) {
    Word pages = (bytes + kPage - 1) / kPage;
    if (sip.control.flags & kCollectAlways)
        collect(sip, {request.saved, request.arguments, request.resume, address_of(&request.size)});
    Word run = pages == 1 ? thread.spare : 0;
    if (run != 0)
        thread.spare = 0;
    else
        run = find_pages(sip, pages, request);
    if (run == 0) trap(TrapReason::StackOverflow, 0, request.resume);
    *at<Segment>(run) = {.previous = thread.segment,
                         .return_slot = address_of(&request.return_address),
                         .pages = pages,
                         .reserved = 0};
    return run;
}

} // namespace

} // namespace singlet::rt

using namespace singlet::rt;

// Called by the entries in entry.S. Links a segment with room for the reserve, the request and the
// function's frame. Returns the new stack pointer: there, at the segment's high end, lies a copy of the
// request, which returns to rt_unlink.
extern "C" Word rt_link_segment(const Request* request) {
    // <lab4:stack new_segment, set_limit, request>
    auto& sip = *at<Sip>(now_page.sip);
    auto& thread = *at<Thread>(now_page.thread);
    Word bytes = static_cast<Word>(sizeof(Segment)) + kStackReserve + request->bytes() +
                 4 * request->frame_words();
    Word segment = new_segment(sip, thread, bytes, *request);
    Word copy = segment + at<Segment>(segment)->pages * kPage - request->bytes();
    for (Word k = 0; k < request->bytes() / 4; ++k)
        at<Word>(copy)[k] = at<Word>(address_of(request))[k];
    at<Request>(copy)->return_address = address_of(&rt_unlink);
    thread.segment = segment;
    ++thread.linked;
    set_limit(sip, segment);
    return copy;
    // </lab4:stack>
}

// The thread goes back to the segment before. A segment of one page is kept as the spare one, if there
// is none; what is not goes back to the kernel.
extern "C" void rt_unlink_segment() {
    // <lab4:stack set_limit>
    auto& sip = *at<Sip>(now_page.sip);
    auto& thread = *at<Thread>(now_page.thread);
    Word segment = thread.segment;
    thread.segment = at<Segment>(segment)->previous;
    set_limit(sip, thread.segment);
    if (thread.spare == 0 && at<Segment>(segment)->pages == 1)
        thread.spare = segment;
    else
        kernel_take_back(sip, segment);
    // </lab4:stack>
}
