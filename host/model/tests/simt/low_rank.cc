#include "check.h"
#include "low_rank.cu"

struct Segment {
    int first, end, rank;
};

template <typename Y, typename W>
static double one_case(void (*kernel)(float *, const Y *, const float *, const float *, int, int, LowRankSegments), int rows,
                       int in_features, int out_features, bool has_bias, std::vector<Segment> wanted) {
    const std::vector<float> x = numbers(rows * in_features), bias = numbers(out_features);
    std::vector<Y> y = narrowed<Y>(numbers(rows * out_features));
    std::vector<double> expected(rows * out_features);
    for (size_t place = 0; place < expected.size(); place++) {
        expected[place] = (double)widen(y[place]) + (has_bias ? bias[place % out_features] : 0);
    }
    std::vector<std::vector<W>> matrices;
    LowRankSegments segments = {};
    int highest = 0;
    for (const Segment &segment : wanted) {
        std::vector<float> a = numbers(segment.rank * in_features);
        for (float &value : a) {
            value /= sqrtf(in_features);
        }
        matrices.push_back(narrowed<W>(a));
        matrices.push_back(narrowed<W>(numbers(segment.rank * out_features)));
        const std::vector<W> &a_kept = matrices[matrices.size() - 2], &b_kept = matrices.back();
        for (int row = segment.first; row < segment.end; row++) {
            for (int of = 0; of < segment.rank; of++) {
                double inner = 0;
                for (int in = 0; in < in_features; in++) {
                    inner += (double)x[row * in_features + in] * widen(a_kept[of * in_features + in]);
                }
                for (int out = 0; out < out_features; out++) {
                    expected[row * out_features + out] += inner * widen(b_kept[of * out_features + out]);
                }
            }
        }
        highest = max(highest, segment.rank);
    }
    for (const Segment &segment : wanted) {
        // Where they lie does not change when more are made.
        const size_t place = 2 * segments.count;
        segments.of[segments.count++] = {matrices[place].data(), matrices[place + 1].data(), segment.first, segment.end, segment.rank, 0};
    }
    // In place where the types allow it, as the host does.
    std::vector<float> fresh = poisoned(rows * out_features);
    const bool in_place = std::is_same<Y, float>::value;
    float *out = in_place ? (float *)y.data() : fresh.data();
    simt::launch({(unsigned)rows}, 256, in_features + highest, [&] {
        kernel(out, y.data(), has_bias ? bias.data() : nullptr, x.data(), in_features, out_features, segments);
    });
    const std::vector<float> found(out, out + rows * out_features);
    return greatest_difference(found, expected);
}

int main() {
    return check("finish_affine", 2e-5, [] {
        double error = one_case<float, float>(finish_affine_f32_f32, 8, 1024, 300, true, {{0, 2, 8}, {2, 3, 16}, {5, 8, 1}});
        error = max(error, one_case<float, __half>(finish_affine_f32_f16, 3, 96, 257, false, {{1, 3, 5}}));
        error = max(error, one_case<float, __nv_bfloat16>(finish_affine_f32_bf16, 2, 31, 1, true, {{0, 2, 33}}));
        error = max(error, one_case<__half, float>(finish_affine_f16_f32, 3, 257, 96, true, {{0, 1, 4}, {2, 3, 0}}));
        error = max(error, one_case<__half, __half>(finish_affine_f16_f16, 3, 64, 64, true, {}));
        error = max(error, one_case<__half, __nv_bfloat16>(finish_affine_f16_bf16, 2, 1, 40, false, {{0, 2, 2}}));
        error = max(error, one_case<__nv_bfloat16, float>(finish_affine_bf16_f32, 2, 80, 40, true, {{1, 2, 3}}));
        error = max(error, one_case<__nv_bfloat16, __half>(finish_affine_bf16_f16, 2, 80, 40, true, {{0, 1, between(1, 64)}}));
        std::vector<Segment> many;
        for (int row = 0; row < MOST_SEGMENTS; row++) {
            many.push_back({row, row + 1, between(0, 9)});
        }
        return max(error, one_case<__nv_bfloat16, __nv_bfloat16>(finish_affine_bf16_bf16, MOST_SEGMENTS + 2, between(1, 130), between(1, 130), true, many));
    });
}
