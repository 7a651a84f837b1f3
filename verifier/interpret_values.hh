// Values that know what they are. A Value's kind is its tag; an owned thing lies in one place at a time because the
// interpreter moves it, and what was freed is known by its generation.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "verifier/module.hh"

namespace singlet::verifier {

struct Object; // collected
struct Thing;  // in the exchange heap: struct, vector, endpoint or set

struct Value {
    Kind kind = Kind::Unset;
    bool lent = false;
    std::uint32_t generation = 0; // of the thing when this value was made
    union {
        std::int64_t number = 0; // I32 (sign-extended), I64
        Object* object;
        Thing* thing;
    };

    static Value i32(std::int32_t n) {
        Value v;
        v.kind = Kind::I32;
        v.number = n;
        return v;
    }
    static Value i64(std::int64_t n) {
        Value v;
        v.kind = Kind::I64;
        v.number = n;
        return v;
    }
    static Value null() {
        Value v;
        v.kind = Kind::Null;
        return v;
    }
    static Value of(Object* object);
    static Value of(Thing* thing);

    bool linear() const { return is_linear(kind); }
    bool owned() const { return is_linear(kind) && !lent; }
    // Moved by mov: what is owned, and lent endpoints and sets, whose state changes under them.
    bool moves() const {
        return linear() && (!lent || kind == Kind::Endpoint || kind == Kind::Set);
    }
};
static_assert(sizeof(Value) == 16);

// Elements that are numbers, as they lie in memory.
struct Elements {
    std::uint8_t width = 0; // bytes each: 1, 2, 4 or 8; 0: there are none
    std::vector<std::uint8_t> bytes;

    std::int64_t get(std::size_t i) const { return load(i * width, width); }
    void set(std::size_t i, std::int64_t v) { store(i * width, width, v); }
    std::size_t count() const { return width ? bytes.size() / width : 0; }
    // Little-endian; 1 and 2 bytes zero-extended, 4 sign-extended as an I32 is.
    std::int64_t load(std::size_t at, std::uint32_t width) const;
    void store(std::size_t at, std::uint32_t width, std::int64_t v);
};

struct Object {
    Kind kind;           // Str, Ref, Array or Cell
    std::uint16_t index; // Ref: its class; Array, Cell: entry of the type table for what it holds
    bool marked = false;
    std::vector<Value> values; // fields; references of an array; what the cell holds (Unset: empty)
    Elements elements;         // of a string or an array of numbers

    bool holds_numbers() const { return elements.width != 0; }
    std::size_t length() const { return holds_numbers() ? elements.count() : values.size(); }
    std::size_t size() const { return 8 + values.size() * 4 + elements.bytes.size(); }
};

struct Message {
    std::uint16_t message;
    std::vector<Value> args;
};

struct Thing {
    Kind kind = Kind::Unset; // Own, Vec, Endpoint or Set; Unset: freed
    std::uint16_t index = 0; // struct, element type, contract, member type
    std::uint32_t generation = 0;
    std::vector<Value> values; // fields; members of a set
    Elements elements;         // of a vector
    // Endpoint
    Side side = Side::Importer;
    std::uint16_t state = 0;
    Thing* peer = nullptr; // null: closed
    std::deque<Message> queue = {};
    bool announced =
        false; // has got a message or lost its peer since a thread began to wait for it

    // Where Heap::account() found its owner: the number of a register, or one of these.
    static constexpr std::size_t kNobody = ~std::size_t{0}, kElsewhere = kNobody - 1;
    std::size_t holder = kNobody;

    std::uint64_t charged = 0; // bytes of the exchange heap

    bool has_head() const { return !queue.empty() || !peer; }
};

inline Value Value::of(Object* object) {
    Value v;
    v.kind = object->kind;
    v.object = object;
    return v;
}
inline Value Value::of(Thing* thing) {
    Value v;
    v.kind = thing->kind;
    v.generation = thing->generation;
    v.thing = thing;
    return v;
}

// Bytes of an element of this kind; 0 if it is no number.
std::uint8_t width_of(Kind kind);
// What a field or element of this type holds at first.
Value zero_of(const Type& type);
// Whether a value of class `c` may stand where class or interface `wanted` is asked for.
bool is_instance(const Module& m, std::uint16_t c, std::uint16_t wanted);
// Whether the value may stand in a place of this type. A freed thing fits nowhere.
bool fits(const Module& m, const Value& v, const Type& t);

} // namespace singlet::verifier
