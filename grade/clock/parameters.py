"""The modelled processors (k8.toml, modern.toml) and the form in which the plugin takes them.

A model is data: each value stands beside its source, and a source that begins with "placeholder"
marks a figure without one. The plugin calculates in integers, so costs go to it in hundredths of a
cycle. Which keys there are, is the plugin's to know (params.hh): it refuses unknown and missing ones.
"""

import os
import tomllib
from dataclasses import dataclass
from decimal import Decimal

FOLDER = os.path.dirname(os.path.abspath(__file__))


class ModelError(Exception):
    """A model that cannot be used; the text is one sentence."""


@dataclass(frozen=True)
class Value:
    value: Decimal
    source: str

    @property
    def placeholder(self):
        return self.source.startswith("placeholder")


@dataclass(frozen=True)
class Model:
    name: str
    title: str
    megahertz: int
    shape: dict
    penalty: dict
    cost: dict

    def placeholders(self):
        """(section, key) of every cost that has no source."""
        return [(section, key) for section in ("penalty", "cost")
                for key, value in getattr(self, section).items() if value.placeholder]

    def scaled(self, section, key, factor):
        """The same model with one cost multiplied."""
        table = dict(getattr(self, section))
        table[key] = Value(table[key].value * Decimal(str(factor)), table[key].source)
        fields = {f: getattr(self, f) for f in self.__dataclass_fields__}
        return Model(**{**fields, section: table})

    def lines(self):
        """The plugin's parameter file."""
        def hundredths(key, value):
            scaled = value.value * 100
            if scaled != scaled.to_integral_value():
                raise ModelError(f"model '{self.name}': {key} = {value.value} has more than two decimals")
            return int(scaled)
        out = [f"# {self.title}"]
        out += [f"{key}={int(value.value)}" for key, value in self.shape.items()]
        out += [f"{key}={hundredths(key, value)}" for key, value in self.penalty.items()]
        out += [f"cost.{key}={hundredths(key, value)}" for key, value in self.cost.items()]
        return "\n".join(out) + "\n"

    def as_json(self):
        def plain(table):
            return {key: {"value": float(v.value), "source": v.source} for key, v in table.items()}
        return {"name": self.name, "title": self.title, "megahertz": self.megahertz,
                "shape": plain(self.shape), "penalty": plain(self.penalty), "cost": plain(self.cost)}


def names():
    return sorted(f[:-5] for f in os.listdir(FOLDER) if f.endswith(".toml"))


def load(name):
    """The model called `name`, or the one in the file `name`."""
    path = name if name.endswith(".toml") else os.path.join(FOLDER, name + ".toml")
    try:
        with open(path, "rb") as file:
            data = tomllib.load(file, parse_float=Decimal)
    except FileNotFoundError:
        raise ModelError(f"no processor model '{name}' (there are: {', '.join(names())})") from None
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"{path}: {error}") from None

    def value(where, entry):
        if not isinstance(entry, dict) or set(entry) != {"value", "source"} or not entry["source"]:
            raise ModelError(f"{path}: {where} must be {{ value = ..., source = \"...\" }}")
        if isinstance(entry["value"], bool) or not isinstance(entry["value"], (int, Decimal)) or entry["value"] < 0:
            raise ModelError(f"{path}: the value of {where} must be a number that is not negative")
        return Value(Decimal(entry["value"]), entry["source"])

    missing = {"name", "title", "megahertz", "shape", "penalty", "cost"} - set(data)
    if missing:
        raise ModelError(f"{path}: {', '.join(sorted(missing))} missing")
    tables = {section: {key: value(f"{section}.{key}", entry) for key, entry in data[section].items()}
              for section in ("shape", "penalty", "cost")}
    return Model(name=data["name"], title=data["title"],
                 megahertz=int(value("megahertz", data["megahertz"]).value), **tables)
