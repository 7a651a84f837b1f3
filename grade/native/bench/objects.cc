#include "grade/native/bench/kernels.hh"

namespace {
struct Shape {
    virtual int area(int scale) const = 0;
};

struct Square : Shape {
    int side;
    explicit Square(int s) : side(s) {}
    int area(int scale) const override { return side * side * scale; }
};

struct Box : Shape {
    int width, height;
    Box(int w, int h) : width(w), height(h) {}
    int area(int scale) const override { return width * height + scale; }
};

struct Node {
    const Shape* shape;
    const Node* next;
    int key;
};
} // namespace

namespace objects_kernel {
[[gnu::noinline]] const Node* build(int count) {
    const Node* list = nullptr;
    for (int i = 0; i < count; ++i) {
        const Shape* shape;
        if (i % 3 == 0)
            shape = new Square(i);
        else
            shape = new Box(i, 3);
        list = new Node{shape, list, i & 7};
    }
    return list;
}

[[gnu::noinline]] std::uint32_t walk(const Node* list) {
    std::uint32_t sum = 0;
    for (auto* n = list; n != nullptr; n = n->next)
        if (auto* s = n->shape; s != nullptr) sum += static_cast<std::uint32_t>(s->area(n->key));
    return sum;
}
} // namespace objects_kernel

int bench_objects(int rounds) {
    using namespace objects_kernel;
    auto* list = build(300);
    std::uint32_t sum = 0;
    for (int r = 0; r < rounds; ++r)
        sum = sum * 31 + walk(list);
    return static_cast<int>(sum);
}
