// Types as Sing knows them. A Type compares by value; element types are interned, so that their addresses compare too.
// What the bytecode makes of a type is module_builder.cc's business.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

namespace singlet::singc {

enum class TypeKind : std::uint8_t {
    Error, // something was wrong already: fits everything, says nothing
    Void,
    Bool,
    Byte,
    Int,
    UInt,
    Long,
    Null,
    String,
    Array,
    Object,
    Cell, // Object: class or interface
    Struct,
    Vector,
    Endpoint,
    Any,
    Set, // owned
    Ports,
    Irq,
    Dma,
    Processes,
};

inline constexpr std::uint16_t kAnyState = 0xfffe; // of a local variable: whatever it is in
inline constexpr std::uint16_t kClosed = 0xffff;   // after ChannelClosed

struct Type {
    TypeKind kind = TypeKind::Error;
    bool nullable = false;
    bool exporter = false;         // Endpoint
    std::uint16_t state = 0;       // Endpoint
    std::uint32_t index = 0;       // class, struct or contract
    const Type* element = nullptr; // Array, Vector, Cell, Set

    friend bool operator==(const Type&, const Type&) = default;
    bool operator==(TypeKind k) const { return kind == k; }

    bool owned() const { return kind >= TypeKind::Struct && kind <= TypeKind::Set; }
    bool collected() const { return kind >= TypeKind::String && kind <= TypeKind::Cell; }
    bool may_be_nullable() const { return owned() || collected(); }
    bool integer() const { return kind >= TypeKind::Byte && kind <= TypeKind::Long; }
    bool capability() const { return kind >= TypeKind::Ports; }
    bool error() const { return kind == TypeKind::Error; }
    Type with_null(bool n) const {
        Type t = *this;
        t.nullable = n;
        return t;
    }
    Type in_state(std::uint16_t s) const {
        Type t = *this;
        t.state = s;
        return t;
    }
};

inline constexpr Type kErrorType{};
inline constexpr Type kVoidType{.kind = TypeKind::Void};
inline constexpr Type kBoolType{.kind = TypeKind::Bool};
inline constexpr Type kByteType{.kind = TypeKind::Byte};
inline constexpr Type kIntType{.kind = TypeKind::Int};
inline constexpr Type kUIntType{.kind = TypeKind::UInt};
inline constexpr Type kLongType{.kind = TypeKind::Long};
inline constexpr Type kNullType{.kind = TypeKind::Null, .nullable = true};
inline constexpr Type kStringType{.kind = TypeKind::String};

class TypeStore {
public:
    const Type* intern(const Type& type) {
        for (const Type& t : types_)
            if (t == type) return &t;
        return &types_.emplace_back(type);
    }

private:
    std::deque<Type> types_;
};

} // namespace singlet::singc
