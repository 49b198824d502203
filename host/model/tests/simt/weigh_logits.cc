#include "check.h"
#include "weigh_logits.cu"

static double one_case(int rows, int vocabulary, int chosen, float spread) {
    std::vector<float> logits = numbers((size_t)rows * vocabulary);
    for (float &logit : logits) {
        logit *= spread;
    }
    std::vector<unsigned> columns;
    for (int which = 0; which < chosen; which++) {
        columns.push_back(between(0, vocabulary - 1));
    }
    std::vector<double> expected;
    for (int row = 0; row < rows; row++) {
        const float *values = &logits[(size_t)row * vocabulary];
        for (unsigned column : columns) {
            expected.push_back(values[column]);
        }
        double greatest = *std::max_element(values, values + vocabulary), sum = 0;
        for (int column = 0; column < vocabulary; column++) {
            sum += exp(values[column] - greatest);
        }
        expected.push_back(greatest);
        // Relative: it may be as large as the vocabulary.
        expected.push_back(1);
        expected.push_back(sum);
    }
    std::vector<float> found = poisoned(rows * (chosen + 2));
    simt::launch({(unsigned)rows}, 512, 32,
                 [&] { weigh_logits(found.data(), logits.data(), columns.data(), vocabulary, chosen); });
    std::vector<float> relative;
    std::vector<double> exact;
    for (int row = 0; row < rows; row++) {
        const double *of = &expected[(size_t)row * (chosen + 3)];
        for (int which = 0; which <= chosen; which++) {
            relative.push_back(found[row * (chosen + 2) + which]);
            exact.push_back(of[which]);
        }
        relative.push_back(found[row * (chosen + 2) + chosen + 1] / of[chosen + 2]);
        exact.push_back(of[chosen + 1]);
    }
    return greatest_difference(relative, exact);
}

int main() {
    return check("weigh_logits", 1e-5, [] {
        double error = 0;
        for (int vocabulary : {192, 1, 511, 512, 513, 5000}) {
            error = max(error, one_case(between(1, 3), vocabulary, between(0, min(vocabulary, 60)), 5));
        }
        return max(error, one_case(2, 3000, 700, 40));
    });
}
