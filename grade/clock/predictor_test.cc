#include "grade/clock/predictor.hh"

#include <doctest/doctest.h>

using namespace singlet::clock;

TEST_CASE("a loop is mispredicted when first taken and when left") {
    Predictor predictor(14, 8);
    int wrong = 0;
    for (int i = 0; i < 100; ++i)
        wrong += !predictor.learn(0x1000, i != 99);
    CHECK(wrong == 2);
}

TEST_CASE("a branch never taken is always right") {
    Predictor predictor(14, 8);
    for (int i = 0; i < 10; ++i)
        CHECK(predictor.learn(0x1000, false));
}

TEST_CASE("a short pattern is learnt") {
    Predictor predictor(14, 8);
    int wrong = 0;
    for (int i = 0; i < 1000; ++i) {
        const bool right = predictor.learn(0x1000, i % 3 == 0);
        if (i >= 100) wrong += !right;
    }
    CHECK(wrong == 0);
}
