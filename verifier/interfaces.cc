// type.interface: a call through an interface finds, in every class, one function that takes what the method takes.
#include "lib/core/try.hh"
#include "verifier/tables.hh"
#include "verifier/text.hh"

namespace singlet::verifier {
namespace {

bool is_object(const Module& module, TypeIndex index, std::uint16_t cls) {
    return module.types[index] == Type{.kind = Kind::Ref, .index = cls};
}

Result check_method(const Module& module, const Method& method) {
    const Class& owner = module.classes[method.interface];
    if (!owner.is_interface)
        return refuse(Rule::Interface, "method " + method.name +
                                           " must belong to an interface, but " + owner.name +
                                           " is a class");
    if (method.params.empty() || !is_object(module, method.params[0], method.interface))
        return refuse(Rule::Interface,
                      "method " + method.name + " must take ref " + owner.name +
                          " first, but takes " +
                          (method.params.empty() ? std::string("nothing")
                                                 : type_text(module, method.params[0])));
    return {};
}

std::string method_text(const Module& module, const Method& method) {
    return module.classes[method.interface].name + "." + method.name;
}

// The function has the method's signature, but for the receiver, which is the class itself.
Result check_implementation(const Module& module, std::uint16_t cls,
                            const Class::Implementation& implementation) {
    const Method& method = module.methods[implementation.method];
    const Function& function = module.functions[implementation.function];
    auto what = [&] {
        return "function " + function.name + ", which implements " + method_text(module, method) +
               " for class " + module.classes[cls].name + ",";
    };
    if (function.params.size() != method.params.size())
        return refuse(Rule::Interface, what() + " must take " + number_text(method.params.size()) +
                                           " parameters as the method does, but takes " +
                                           number_text(function.params.size()));
    if (!is_object(module, function.params[0], cls))
        return refuse(Rule::Interface, what() + " must take ref " + module.classes[cls].name +
                                           " first, but takes " +
                                           type_text(module, function.params[0]));
    for (std::size_t i = 1; i < method.params.size(); ++i)
        if (function.params[i] != method.params[i])
            return refuse(Rule::Interface, what() + " must take " +
                                               type_text(module, method.params[i]) +
                                               " as parameter " + number_text(i) + ", but takes " +
                                               type_text(module, function.params[i]));
    if (function.result != method.result)
        return refuse(Rule::Interface, what() + " must return " + type_text(module, method.result) +
                                           ", but returns " + type_text(module, function.result));
    return {};
}

// `methods_of[i]` counts the methods of interface i: with no method implemented twice and none of an interface that is not
// listed, a class has them all when the counts agree.
Result check_class(const Module& module, std::uint16_t number, const Subtypes& subtypes,
                   const std::vector<std::uint16_t>& methods_of) {
    const Class& c = module.classes[number];
    if (c.is_interface && (!c.interfaces.empty() || !c.implementations.empty()))
        return refuse(Rule::Interface, "interface " + c.name + " must not implement anything");
    std::size_t expected = 0;
    std::vector<bool> listed(module.classes.size());
    for (std::size_t i = 0; i < c.interfaces.size(); ++i) {
        const Class& interface = module.classes[c.interfaces[i]];
        if (!interface.is_interface)
            return refuse(Rule::Interface, "class " + c.name + " must list interfaces, but " +
                                               interface.name + " is a class");
        if (listed[c.interfaces[i]])
            return refuse(Rule::Interface, "class " + c.name +
                                               " must list each interface once, but lists " +
                                               interface.name + " twice");
        listed[c.interfaces[i]] = true;
        expected += methods_of[c.interfaces[i]];
    }
    std::vector<bool> done(module.methods.size());
    for (const auto& implementation : c.implementations) {
        const Method& method = module.methods[implementation.method];
        if (!subtypes.implements(number, method.interface))
            return refuse(Rule::Interface, "class " + c.name + " implements " +
                                               method_text(module, method) +
                                               ", but does not list that interface");
        if (done[implementation.method])
            return refuse(Rule::Interface, "class " + c.name + " must implement " +
                                               method_text(module, method) +
                                               " once, but does so twice");
        done[implementation.method] = true;
        TRY(about(module, implementation.function,
                  check_implementation(module, number, implementation)));
    }
    if (c.implementations.size() == expected) return {};
    std::size_t missing = 0;
    while (done[missing] || !subtypes.implements(number, module.methods[missing].interface))
        ++missing;
    return refuse(Rule::Interface, "class " + c.name + " must implement " +
                                       method_text(module, module.methods[missing]) +
                                       ", but has no function for it");
}

} // namespace

Result check_interfaces(const Module& module) {
    for (const Method& method : module.methods)
        TRY(check_method(module, method));
    const Subtypes subtypes(module);
    std::vector<std::uint16_t> methods_of(module.classes.size());
    for (const Method& method : module.methods)
        ++methods_of[method.interface];
    for (std::size_t c = 0; c < module.classes.size(); ++c)
        TRY(check_class(module, static_cast<std::uint16_t>(c), subtypes, methods_of));
    return {};
}

} // namespace singlet::verifier
