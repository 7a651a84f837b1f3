// An intrusive doubly linked list: the links live in the elements, so that adding and removing
// never allocate and never fail, and an element leaves its list in O(1) without knowing which one.
// A list owns nothing. An element is on at most one list per link, and unlinks itself when it dies.
#pragma once
#include "lib/core/assert.hh"

namespace singlet {

class ListLink {
public:
    ListLink() = default;
    ListLink(const ListLink&) = delete;
    ListLink& operator=(const ListLink&) = delete;
    ~ListLink() { unlink(); }

    bool linked() const { return next_ != this; }

    /// Takes the element off its list; nothing happens when it is on none.
    void unlink() {
        next_->previous_ = previous_;
        previous_->next_ = next_;
        next_ = previous_ = this;
    }

    /// Puts this link in front of `position`. Must not be linked.
    void link_before(ListLink& position) {
        ASSERT(!linked());
        next_ = &position;
        previous_ = position.previous_;
        previous_->next_ = this;
        position.previous_ = this;
    }

    ListLink* next() const { return next_; }
    ListLink* previous() const { return previous_; }

private:
    ListLink* next_ = this;
    ListLink* previous_ = this;
};

/// A list of T, linked through T's member `link`: `List<Thread, &Thread::run_link>`.
template <class T, ListLink T::* link>
class List {
public:
    bool empty() const { return !head_.linked(); }
    T* first() const { return empty() ? nullptr : element(head_.next()); }
    T* next(const T& item) const {
        ListLink* n = (item.*link).next();
        return n == &head_ ? nullptr : element(n);
    }
    void push_back(T& item) { (item.*link).link_before(head_); }
    void push_front(T& item) { (item.*link).link_before(*head_.next()); }
    /// The first element, taken off the list; null when there is none.
    T* pop_front() {
        T* item = first();
        if (item) (item->*link).unlink();
        return item;
    }
    static void remove(T& item) { (item.*link).unlink(); }

    /// For `for (T& item : list)`; the body leaves the item on the list.
    class Iterator {
    public:
        Iterator(const List& list, T* at) : list_(&list), at_(at) {}
        T& operator*() const { return *at_; }
        Iterator& operator++() {
            at_ = list_->next(*at_);
            return *this;
        }
        bool operator==(const Iterator& other) const { return at_ == other.at_; }

    private:
        const List* list_;
        T* at_;
    };
    Iterator begin() const { return {*this, first()}; }
    Iterator end() const { return {*this, nullptr}; }

private:
    // The member's offset, by address arithmetic: no object is touched.
    static T* element(ListLink* position) {
        auto* probe = reinterpret_cast<T*>(alignof(T));
        auto offset = reinterpret_cast<char*>(&(probe->*link)) - reinterpret_cast<char*>(probe);
        return reinterpret_cast<T*>(reinterpret_cast<char*>(position) - offset);
    }

    ListLink head_;
};

} // namespace singlet
