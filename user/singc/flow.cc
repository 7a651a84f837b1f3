#include "user/singc/flow.hh"

#include <fmt/format.h>

namespace singlet::singc {

using Status = VariableFlow::Status;
using Null = VariableFlow::Null;

bool same(const Flow& a, const Flow& b) {
    if (a.reachable != b.reachable || a.variables.size() != b.variables.size()) return false;
    if (!a.reachable) return true;
    for (std::size_t i = 0; i < a.variables.size(); i++) {
        const VariableFlow &x = a.variables[i], &y = b.variables[i];
        if (x.status != y.status || x.null != y.null || x.state != y.state) return false;
    }
    return true;
}

namespace {

bool holds_owned(const Variable& v, const VariableFlow& f) {
    return v.type.owned() && f.status == Status::Here && f.null != Null::Yes;
}

} // namespace

Flow join(const Flow& a, const Flow& b, const std::vector<Variable*>& variables,
          const Program& program, Diagnostics& diagnostics, Place place, std::string_view what) {
    Flow result = a.reachable || !b.reachable ? a : b;
    result.variables.resize(variables.size());
    if (!a.reachable || !b.reachable) return result;
    for (std::size_t i = 0; i < variables.size(); i++) {
        const VariableFlow &x = a.variables[i], &y = b.variables[i];
        VariableFlow& to = result.variables[i];
        const Variable& v = *variables[i];
        if (x.status == Status::Poison || y.status == Status::Poison) {
            to.status = Status::Poison;
            continue;
        }
        bool x_owned = holds_owned(v, x), y_owned = holds_owned(v, y);
        if (x.status == Status::Here && y.status == Status::Here) {
            if (x.null != y.null) to.null = Null::Maybe;
            if (v.type != TypeKind::Endpoint || x.state == y.state) continue;
            if (x.null == Null::Yes || y.null == Null::Yes) {
                to.state = x.null == Null::Yes ? y.state : x.state;
                continue;
            }
            diagnostics.error(place,
                              fmt::format("`{}` is in state {} on one path and in {} on the other, "
                                          "where {} meet",
                                          v.name, program.state_name(v.type.in_state(x.state)),
                                          program.state_name(v.type.in_state(y.state)), what),
                              {{x.since, "one here"}, {y.since, "the other here"}});
            to.status = Status::Poison;
        } else if (x_owned || y_owned) {
            const VariableFlow &here = x_owned ? x : y, &other = x_owned ? y : x;
            std::string gone = other.status == Status::Gone
                                   ? other.deleted ? "deleted here on the other path"
                                                   : "given away here on the other path"
                               : other.status == Status::Mixed ? "not always set on the other path"
                                                               : "not set on the other path";
            diagnostics.error(
                place,
                fmt::format("`{}` is owned on one path and not on the other, where {} "
                            "meet",
                            v.name, what),
                {{here.since, "owned since here"}, {other.since, gone}});
            to.status = Status::Poison;
        } else if (x.status != y.status) {
            to.status = Status::Mixed;
            to.since = x.status == Status::Gone   ? x.since
                       : y.status == Status::Gone ? y.since
                                                  : to.since;
        }
    }
    return result;
}

} // namespace singlet::singc
