// The configurations of a product that have been found, each once, packed one behind the other:
//
//   | importer's state 8 | exporter's state 8 | size 16 | size 16 | queue of the importer | of the exporter |
//
// and from where each was found first. They are looked up by a hash that a contract can be written against, so each one
// that is compared counts as work.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "verifier/product.hh"

namespace singlet::verifier {

struct Configuration {
    std::uint16_t state[2] = {}; // of the importer, the exporter
    std::string queue[2];        // the messages that wait for each, a character a message
};

class Configurations {
public:
    // False: there is no room for one more, or too much work to know. One that is known stays as it is.
    bool add(const Configuration& c, std::size_t parent, PartyStep step, Meter& meter);

    std::size_t size() const { return nodes_.size(); }
    Configuration operator[](std::size_t number) const;
    std::size_t parent(std::size_t number) const { return nodes_[number].parent; }
    std::size_t length(std::size_t number) const { return packed(number).size(); }
    PartyStep step(std::size_t number) const { return nodes_[number].step; }

private:
    struct Node {
        std::uint32_t at;   // in packed_
        std::uint32_t next; // with the same hash: number + 1, or 0
        std::uint32_t parent;
        PartyStep step; // from the parent
    };

    std::string_view packed(std::size_t number) const;
    std::uint32_t& chain(std::string_view packed);
    void grow();

    std::vector<Node> nodes_;
    std::string packed_;
    std::vector<std::uint32_t> chains_; // a hash table: number + 1 of the last one, or 0
};

} // namespace singlet::verifier
