"""Proof by attack: for each rule a program that does real damage once the check behind that rule is switched off.

The attacked kernel is build/unchecked/kernel.elf, the same sources but for a switch at each check of the verifier. The
ordinary kernel refuses each of the programs, and the others that run there come to no harm.
"""
import re

import pytest
from attack import ATTACKS, UNCHECKED, text_of, victim
from qemu import ROOT, Machine
from test_rules import RULES
from test_sip import CLEAN


def by_rule(attack):
    return attack.path.stem


def test_each_rule_has_an_attack():
    assert [attack.path.stem for attack in ATTACKS] == sorted(RULES)


def test_the_handout_lists_all_attacks():
    table = (ROOT / "handouts/verifier.md").read_text().split("## Proof by attack")[1]
    assert re.findall(r"^\| `(\S+)` \|", table, re.M) == RULES


@pytest.mark.parametrize("attack", ATTACKS, ids=by_rule)
def test_attack_is_refused_by_the_check_that_it_names(attack, tmp_path):
    module, off = attack.module(tmp_path), attack.numbers()
    for n, (rule, sentence) in enumerate(attack.refusals):
        said, failed = attack.judge(module, off[:n])
        assert sentence in said and f"[{rule}]" in said, said
        assert off[n] in failed, said


@pytest.mark.parametrize("attack", ATTACKS, ids=by_rule)
def test_attack_succeeds_when_the_check_is_off(attack, tmp_path):
    modules = [attack.module(tmp_path) if name == "attack" else victim(name, tmp_path) for name in attack.run]
    off = ",".join(map(str, attack.numbers()))
    names = ",".join(module.stem for module in modules)
    result = Machine(kernel=UNCHECKED / "kernel.elf", modules=sorted(set(modules)), limit=20,
                     append=f"unchecked={off} {attack.options} run={names}").run()
    assert "refused" not in result.console, result.explain()
    result.expect(attack.ends, *attack.damage, *attack.harmless)
    for text in attack.absent:
        assert text not in result.console, result.explain()
    if attack.harmless:
        result.expect(attack.ends, CLEAN)


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """All attacks at once in the ordinary kernel, before those they would have attacked."""
    folder = tmp_path_factory.mktemp("attacks")
    modules = [attack.module(folder) for attack in ATTACKS] + [victim(name, folder) for name in ("vault", "guest")]
    return Machine(modules=modules, append="run=" + ",".join(m.stem for m in modules)).run()


@pytest.mark.parametrize("attack", ATTACKS, ids=by_rule)
def test_attack_is_refused(attack, checked):
    refusal = re.search(rf"^install {re.escape(attack.path.stem)}\.sbc: refused: (.*)$", checked.console, re.M)
    assert refusal, checked.explain()
    rule, sentence = attack.refusals[0]
    assert sentence in refusal[1] and refusal[1].endswith(f"[{rule}]"), refusal[1]


def test_nobody_is_harmed_where_all_attacks_are_refused(checked):
    checked.expect_ok("the vault holds: good gold\n", "the guest is content\n", CLEAN)
    assert text_of("{secret}") not in checked.console and "was changed" not in checked.console
