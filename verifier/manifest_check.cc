// manifest and import.kernel: what a module asks of the world outside. A SIP reaches what its entry function is given and
// the kernel calls it names, and nothing else [Seal].
#include "lib/core/try.hh"
#include "verifier/tables.hh"
#include "verifier/text.hh"

namespace singlet::verifier {
namespace {

// <since lab6>
std::string resource_text(const Resource& resource) { return "resource " + resource.name; }

// An endpoint in its first state, or a set of them that the kernel feeds: the exporter's end, one for each new client.
Result check_endpoint(const Module& module, const Resource& resource) {
    const Type type = module.types[resource.type];
    if (!is_owned(type) || type.nullable || (type.kind != Kind::Endpoint && type.kind != Kind::Set))
        return refuse(Rule::Manifest, resource_text(resource) +
                                          " must be an owned endpoint or set, but is " +
                                          type_text(module, type));
    const bool listener = type.kind == Kind::Set;
    const Type endpoint = listener ? module.types[type.index] : type;
    if (endpoint.state != 0 || (listener && endpoint.side != Side::Exporter))
        return refuse(Rule::Manifest,
                      resource_text(resource) +
                          (listener ? " must be a set of exporting endpoints in their first state"
                                    : " must be an endpoint in its contract's first state") +
                          ", but is " + type_text(module, type));
    return {};
}

Result check_resource(const Module& module, const Resource& resource) {
    auto wants = [&](TypeIndex type) -> Result {
        if (resource.type == type) return {};
        return refuse(Rule::Manifest, resource_text(resource) + " must be of type " +
                                          type_text(module, type) + ", but is " +
                                          type_text(module, resource.type));
    };
    switch (resource.what) {
    case Resource::What::Endpoint:
        return check_endpoint(module, resource);
    case Resource::What::Ports:
        if (resource.count == 0 || resource.first > 0xffff ||
            resource.count > 0x10000 - resource.first)
            return refuse(
                Rule::Manifest,
                resource_text(resource) + " must be a range of ports below 65536, but begins at " +
                    number_text(resource.first) + " and has " + number_text(resource.count));
        return wants(kPort);
    case Resource::What::Irq:
        if (resource.first > 15)
            return refuse(Rule::Manifest, resource_text(resource) +
                                              " must be an interrupt line below 16, but is " +
                                              number_text(resource.first));
        return wants(kIrq);
    case Resource::What::Dma:
        return wants(kDma);
    case Resource::What::Processes:
        break;
    }
    return wants(kProcesses);
}
// </since>

std::uint16_t find_call(const Environment& environment, std::string_view name) {
    std::uint16_t call = 0;
    while (call < environment.kernel_calls.size() && environment.kernel_calls[call].name != name)
        ++call;
    return call;
}

// The entry function takes the resources, and says at its end at most a number.
Result check_entry(const Module& module) {
    const Manifest& manifest = module.manifest;
    const Function& entry = module.functions[manifest.entry];
    // <since lab6 = if (!entry.params.empty()) return refuse(Rule::Manifest, "the entry function " + entry.name + " must take nothing");>
    if (entry.params.size() != manifest.resources.size())
        return refuse(Rule::Manifest,
                      "the entry function " + entry.name + " must take the manifest's " +
                          number_text(manifest.resources.size()) + " resources, but takes " +
                          number_text(entry.params.size()) + " parameters");
    for (std::size_t i = 0; i < entry.params.size(); ++i)
        if (entry.params[i] != manifest.resources[i].type)
            return refuse(Rule::Manifest, "parameter " + number_text(i) +
                                              " of the entry function " + entry.name + " must be " +
                                              resource_text(manifest.resources[i]) + " of type " +
                                              type_text(module, manifest.resources[i].type) +
                                              ", but is " + type_text(module, entry.params[i]));
    // </since>
    if (entry.result != kVoid && entry.result != kI32)
        return refuse(Rule::Manifest, "the entry function " + entry.name +
                                          " must return void or i32, but returns " +
                                          type_text(module, entry.result));
    return {};
}

} // namespace

Checked<std::vector<std::uint16_t>> check_imports(const Module& module,
                                                  const Environment& environment) {
    std::vector<std::uint16_t> calls;
    for (const Import& import : module.imports) {
        calls.push_back(find_call(environment, import.name));
        if (calls.back() == environment.kernel_calls.size())
            return refuse(Rule::Import,
                          "import " + import.name +
                              " must be a kernel call, but the kernel has none of that name");
    }
    return calls;
}

Result check_manifest(const Module& module) {
    // <since lab6>
    for (const Resource& resource : module.manifest.resources)
        TRY(check_resource(module, resource));
    // </since>
    return about(module, module.manifest.entry, check_entry(module));
}

} // namespace singlet::verifier
