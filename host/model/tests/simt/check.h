// What the tests of the kernels share: random numbers, arrays whose ends are watched, and the loop over cases.
//
// Each test runs its cases once as the kernel is, and then once for every barrier of the block that it came to, with
// that barrier left out: the first must be right, and each of the others wrong.
#pragma once

#include "common.cuh"

inline std::mt19937 &chance() {
    static std::mt19937 chance(20261129);
    return chance;
}

inline int between(int least, int most) { return std::uniform_int_distribution<int>(least, most)(chance()); }

inline float around_zero() { return std::normal_distribution<float>(0, 1)(chance()); }

inline std::vector<float> numbers(size_t count) {
    std::vector<float> values(count);
    for (float &value : values) {
        value = around_zero();
    }
    // No room behind the last: AddressSanitizer sees who reads on.
    values.shrink_to_fit();
    return values;
}

// What nobody has written: a result must not have any of it.
inline std::vector<float> poisoned(size_t count) { return std::vector<float>(count, NAN); }

template <typename T>
std::vector<T> narrowed(const std::vector<float> &values) {
    std::vector<T> narrow_values(values.size());
    for (size_t place = 0; place < values.size(); place++) {
        narrow(values[place], narrow_values[place]);
    }
    return narrow_values;
}

// The greatest difference, and infinity where a number is none.
inline double greatest_difference(const std::vector<float> &found, const std::vector<double> &expected) {
    if (found.size() != expected.size()) {
        simt::fail("results of different lengths are compared");
    }
    double greatest = 0;
    for (size_t place = 0; place < found.size(); place++) {
        double difference = fabs(found[place] - expected[place]);
        greatest = difference >= 0 ? max(greatest, difference) : INFINITY;
        if (greatest == INFINITY) {
            return greatest;
        }
    }
    return greatest;
}

// `cases` runs all of them and returns the greatest error, which must be at most `tolerance`.
inline int check(const char *name, double tolerance, const std::function<double()> &cases) {
    double error = cases();
    printf("%s: off by at most %.1e\n", name, error);
    if (!(error <= tolerance)) {
        printf("%s: that is more than %.1e\n", name, tolerance);
        return 1;
    }
    const std::set<std::string> barriers = simt::barriers;
    for (const std::string &barrier : barriers) {
        simt::left_out = barrier;
        double without = cases();
        printf("%s: off by %.1e without the barrier of %s\n", name, without, barrier.c_str());
        if (without <= tolerance) {
            printf("%s: no case needs that barrier\n", name);
            return 1;
        }
    }
    simt::left_out.clear();
    return 0;
}
