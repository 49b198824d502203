#include "check.h"
#include "add_layer_norm.cu"

static double one_case(int rows, int width, float offset) {
    const float eps = 1e-5f;
    std::vector<float> y = numbers(rows * width), x = numbers(rows * width), weight = numbers(width), bias = numbers(width);
    for (float &value : x) {
        value += offset;
    }
    std::vector<double> sums, normed;
    for (int row = 0; row < rows; row++) {
        double mean = 0, variance = 0;
        for (int of = 0; of < width; of++) {
            sums.push_back((double)y[row * width + of] + x[row * width + of]);
            mean += sums.back() / width;
        }
        const double *sum = &sums[row * width];
        for (int of = 0; of < width; of++) {
            variance += (sum[of] - mean) * (sum[of] - mean) / width;
        }
        for (int of = 0; of < width; of++) {
            normed.push_back((sum[of] - mean) / sqrt(variance + eps) * weight[of] + bias[of]);
        }
    }
    std::vector<float> found = poisoned(rows * width);
    simt::launch({(unsigned)rows}, 256, width + 8, [&] {
        add_layer_norm(y.data(), found.data(), x.data(), weight.data(), bias.data(), width, eps);
    });
    // A row far from zero has fewer digits left.
    return max(greatest_difference(y, sums), greatest_difference(found, normed)) / (1 + offset);
}

int main() {
    return check("add_layer_norm", 5e-6, [] {
        double error = 0;
        for (int width : {1024, 64, 1, 3, 255, 256, 257, 777}) {
            error = max(error, one_case(between(1, 3), width, 0));
        }
        // Where a difference of squares would lose all digits.
        return max(error, one_case(2, 512, 100));
    });
}
