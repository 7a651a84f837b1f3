// The verifier's builtin types, in which kernel calls are described, as types of Sing.
#pragma once

#include "user/singc/type.hh"
#include "verifier/types.hh"

namespace singlet::singc {

struct Builtin {
    Type type;
    bool claims = false;
};

inline Builtin builtin_type(TypeStore& types, verifier::BuiltinType b) {
    Type array{.kind = TypeKind::Array, .element = types.intern(kByteType)};
    Type vector{.kind = TypeKind::Vector, .element = types.intern(kByteType)};
    switch (b) {
    case verifier::kVoid:
        return {kVoidType};
    case verifier::kU8:
        return {kByteType};
    case verifier::kI64:
        return {kLongType};
    case verifier::kStr:
        return {kStringType};
    case verifier::kStrOrNull:
        return {kStringType.with_null(true)};
    case verifier::kBytes:
        return {array};
    case verifier::kBytesOrNull:
        return {array.with_null(true)};
    case verifier::kVecU8:
        return {vector, true};
    case verifier::kVecU8OrNull:
        return {vector.with_null(true), true};
    case verifier::kLentVecU8:
        return {vector};
    case verifier::kPort:
        return {{.kind = TypeKind::Ports}};
    case verifier::kIrq:
        return {{.kind = TypeKind::Irq}};
    case verifier::kDma:
        return {{.kind = TypeKind::Dma}};
    case verifier::kProcesses:
        return {{.kind = TypeKind::Processes}};
    case verifier::kAny:
        return {{.kind = TypeKind::Any}, true};
    default:
        return {kIntType};
    }
}

} // namespace singlet::singc
