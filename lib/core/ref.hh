// Shared ownership by counting: an object that derives from Counted goes when the last Ref does. Not
// for several processors; std::shared_ptr would bring atomics and a run-time with it.
#pragma once
#include <cstdint>
#include <utility>

namespace singlet {

struct Counted {
    std::uint32_t references = 0;
};

template <class T>
class Ref {
public:
    Ref() = default;
    explicit Ref(T* object) : object_(object) {
        if (object_) object_->references++;
    }
    Ref(const Ref& other) : Ref(other.object_) {}
    Ref(Ref&& other) : object_(std::exchange(other.object_, nullptr)) {}
    Ref& operator=(Ref other) {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Ref() {
        if (object_ && !--object_->references) delete object_;
    }

    T* get() const { return object_; }
    T& operator*() const { return *object_; }
    T* operator->() const { return object_; }
    explicit operator bool() const { return object_; }
    friend bool operator==(const Ref&, const Ref&) = default;

private:
    T* object_ = nullptr;
};

} // namespace singlet
