"""Commands that print what the kernel knows of the running system. Their tables are those of the shell, the
monitor and a panic (kern/proc/facts.cc), column by column."""
import facts
import gdb
import guest
import images
import threads


class Images(gdb.Command):
    """List the programs whose symbols GDB has, after a look at all that the kernel has.

`make gdb` gives this command once, for a machine that runs already; from then on GDB hears of each image
that is made or goes."""

    def __init__(self):
        super().__init__("images", gdb.COMMAND_STATUS)

    def invoke(self, _argument, _from_tty):
        images.add_all()
        for image in sorted(images.known.values(), key=lambda i: i.start):
            print(f"{image.start:#010x} - {image.end:#010x}  {image.sip}, {len(image.shapes)} functions")


class Fact(gdb.Command):
    """A command that prints lines; its function's first line is its help."""

    def __init__(self, function):
        self.__doc__ = function.__doc__
        self.function = function
        super().__init__(function.__name__, gdb.COMMAND_STATUS)

    def invoke(self, argument, _from_tty):
        try:
            with guest.physical():
                for line in self.function(argument.strip()):
                    print(line)
        except gdb.MemoryError as error:
            raise gdb.GdbError(f"{error}: has the kernel started?") from error
        except gdb.error as error:
            raise gdb.GdbError(f"{error}: this kernel has no such thing") from error


def find_sip(wanted):
    """A SIP by its name or number."""
    found = next((sip for sip in facts.sips() if wanted in (facts.name(sip), str(facts.number(sip)))), None)
    if found is None:
        raise gdb.GdbError(f'there is no SIP "{wanted}"')
    return found


def sips(_argument):
    """List the SIPs: the kernel's table, and where in its program each of them is."""
    yield " sip name             state   cpl domain           pages  blocks  threads"
    for sip in facts.sips():
        alive = guest.enumerator(sip["state"]) == "Running"
        line = (f"{facts.number(sip):4} {facts.name(sip):<16} {facts.state(sip):<7} {int(sip['level']):3} "
                f"{guest.string(sip['domain']['name_']):<16} {int(sip['pages']['used_']):5} "
                f"{facts.count_roots(sip)[0]:7} {len(threads.of_sip(sip)) if alive else 0:8}")
        place = threads.place(sip["thread"].dereference()) if alive else ""
        yield f"{line}  {place}" if place else line


def threads_command(argument):
    """List the threads. With the name or number of a SIP: the backtrace of each of its threads, whoever runs; first
    that of the one whose turn it is."""
    if argument:
        several = threads.of_sip(find_sip(argument))
        if not several:
            raise gdb.GdbError(f"{argument} has no thread")
        for thread, _record in several:
            yield threads.backtrace(thread).rstrip()
        return
    yield "thread           state"
    for thread in threads.every():
        yield f"{guest.string(thread['name_']):<16} {threads.state(thread)}"


def exheap(argument):
    """List what SIPs own in the exchange heap. With the name or number of a SIP: each thing, and what is in it."""
    if argument:
        for root in facts.roots(find_sip(argument)):
            yield from tree(root, 0)
        return
    yield " sip name              bytes     quota  blocks endpoints sets"
    for sip in facts.sips():
        if not int(sip["account"]):
            continue
        blocks, endpoints, sets = facts.count_roots(sip)
        yield (f"{facts.number(sip):4} {facts.name(sip):<16} {int(sip['account']['bytes']):6} "
               f"{int(sip['account']['quota']):9} {blocks:7} {endpoints:9} {sets:4}")
    stats = facts.exchange_heap()["stats_"]
    blocks, endpoints, sets, pages, copied = (int(stats[n]) for n in ("blocks", "endpoints", "sets", "pages", "copied"))
    yield f"in all {blocks} blocks, {endpoints} endpoints, {sets} sets, on {pages} pages; {copied} bytes were copied"


def tree(owned, depth):
    """An owned thing and, further in, what it holds."""
    cell, kind = facts.as_kind(owned), facts.kind(owned)
    told = {"Struct": lambda: f"{int(cell['size'])} bytes", "Vector": lambda: f"{int(cell['length'])} elements",
            "Endpoint": lambda: f"{facts.contract_name(cell['contract'])}, {int(cell['count'])} unread", "Set": lambda: ""}
    yield f"{'  ' * depth}{int(owned['address']):#010x} {kind.lower()} {told[kind]()}".rstrip()
    for below in facts.inside(owned):
        yield from tree(below, depth + 1)


def channels(_argument):
    """List the channels between SIPs: contract, both ends, and how many messages each has not read."""
    yield "contract             sip importer         sip exporter         unread by each"
    holders = {facts.party_of(sip): sip for sip in facts.sips()}
    for ends in facts.channels():
        contract = next(end for end in ends if end is not None)["contract"]
        line = f"{facts.contract_name(contract):<20}"
        for end in ends:
            sip = holders.get(facts.party(end)) if end is not None else None
            if sip is not None:
                line += f"{facts.number(sip):4} {facts.name(sip):<16}"
            else:
                line += f"   - {'(in a message)' if end is not None else '(closed)':<16}"
        yield line + "".join(f"{int(end['count']) if end is not None else 0:3} " for end in ends).rstrip()


def domains(_argument):
    """List the protection domains in which SIPs live."""
    yield "domain           cpl page tables sips"
    for domain in facts.domains():
        tables = "own" if int(domain["directory_"]["_M_payload"]["_M_engaged"]) else "-"
        yield f"{guest.string(domain['name_']):<16} {int(domain['level_']):3} {tables:<11} {int(domain['sips']):4}"


def install():
    """Makes GDB know the commands."""
    Images()
    threads_command.__name__ = "threads"
    for function in (sips, threads_command, exheap, channels, domains):
        Fact(function)
