"""What the kernel knows of the running system, read from outside: the tables of kern/proc/facts.cc, and what
only a debugger can add, since it may take its time: where in its program each SIP is."""
import gdb
import guest
import threads

KINDS = ("Struct", "Vector", "Endpoint", "Set")


def sips():
    """All SIPs, in order of their start."""
    return guest.intrusive(guest.variable("(anonymous namespace)::sips")) or []


def name(sip):
    """What a SIP is called."""
    return guest.string(sip["name"])


def number(sip):
    """Its number."""
    return int(sip["number"])


def state(sip):
    """As facts.cc says it."""
    known = guest.enumerator(sip["state"]).lower()
    if known != "running" or not int(sip["thread"]):
        return known
    return threads.state(sip["thread"].dereference())


def kind(owned):
    """Struct, Vector, Endpoint or Set."""
    return guest.enumerator(owned["kind"])


def as_kind(owned):
    """The whole cell that an Owned begins."""
    types = {"Endpoint": "singlet::kern::Endpoint", "Set": "singlet::kern::EndpointSet"}
    return guest.at_type(int(owned.address), types.get(kind(owned), "singlet::kern::Block"))


def inside(owned):
    """What an Owned holds: members of a set, children of a block."""
    cell = as_kind(owned)
    if kind(owned) == "Set":
        return guest.intrusive(cell["members"])
    return guest.intrusive(cell["children"]) if kind(owned) in ("Struct", "Vector") else []


def roots(sip):
    """What a SIP owns in the exchange heap, without what lies inside."""
    return guest.intrusive(sip["owned"])


def count_roots(sip):
    """(blocks, endpoints, sets), endpoints in sets with them."""
    found = {"Struct": 0, "Vector": 0, "Endpoint": 0, "Set": 0}
    for root in roots(sip):
        found[kind(root)] += 1
        if kind(root) == "Set":
            found["Endpoint"] += len(inside(root))
    return found["Struct"] + found["Vector"], found["Endpoint"], found["Set"]


def exchange_heap():
    """The machine's one exchange heap."""
    return guest.variable("exchange_heap_storage")["heap"]


def contract_name(contract):
    """A contract's, from the registry that knows all."""
    registry = guest.expression("(unsigned long)&'singlet::kern::type_registry()::registry'")
    registry = guest.at_type(guest.word(int(registry)), "singlet::kern::TypeRegistry")
    for known in map(guest.pointee, guest.vector(registry["contracts_"])):
        if int(known["contract"].address) == int(contract):
            return guest.string(known["name"])
    return ""


def party(endpoint):
    """The address of the SIP that reads from an endpoint, itself or through a set; 0 when it is inside something."""
    held, holder = guest.enumerator(endpoint["held_by"]), int(endpoint["holder"])
    if held == "Set":
        root = guest.at_type(holder, "singlet::kern::EndpointSet")
        held, holder = guest.enumerator(root["held_by"]), int(root["holder"])
    return holder if held == "Party" else 0


def endpoints(sip):
    """The endpoints that a SIP reads from."""
    for root in roots(sip):
        for owned in [root, *(inside(root) if kind(root) == "Set" else [])]:
            if kind(owned) == "Endpoint":
                yield as_kind(owned)


def channels():
    """(importer, exporter): endpoints, None for one that is closed; each channel once."""
    for sip in sips():
        for end in endpoints(sip):
            peer = end["peer"].dereference() if int(end["peer"]) else None
            importer = int(end["side"]) == 0
            if not importer and peer is not None and party(peer):
                continue
            yield (end, peer) if importer else (peer, end)


def domains():
    """The domains in which SIPs live, in the order of the first SIP in each."""
    found = {}
    for sip in sips():
        found.setdefault(int(sip["domain"]), sip["domain"].dereference())
    return list(found.values())


def party_of(sip):
    """The Party that a SIP is, as an address: what holders point at."""
    return int(sip.cast(gdb.lookup_type("singlet::kern::Party")).address)
