#include "lib/core/list.hh"

#include <doctest/doctest.h>
#include <vector>

namespace {

struct Item {
    int value = 0;
    singlet::ListLink link = {};
};

} // namespace

TEST_CASE("a list keeps order, and an element leaves from anywhere") {
    singlet::List<Item, &Item::link> list;
    Item a{1}, b{2}, c{3};
    CHECK(list.empty());
    list.push_back(a);
    list.push_back(b);
    list.push_front(c);
    CHECK(list.first() == &c);
    list.remove(a);
    CHECK(!a.link.linked());
    CHECK(list.next(c) == &b);
    CHECK(list.next(b) == nullptr);
    std::vector<Item*> seen;
    for (Item& item : list)
        seen.push_back(&item);
    CHECK(seen == std::vector<Item*>{&c, &b});
    CHECK(list.pop_front() == &c);
    CHECK(list.pop_front() == &b);
    CHECK(list.pop_front() == nullptr);
}

TEST_CASE("an element that dies leaves its list") {
    singlet::List<Item, &Item::link> list;
    {
        Item a{1};
        list.push_back(a);
    }
    CHECK(list.empty());
}
