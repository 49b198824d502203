#include "check.h"
#include "page_attention.cu"

struct Memory {
    int states;
    std::vector<float> keys, values;
};

static double one_case(int heads, int head_dim, std::vector<std::pair<int, int>> spans, float spread) {
    const size_t width = heads * head_dim;
    const float scaling = spread / sqrtf(head_dim);
    std::vector<Memory> memories;
    Pages pages = {};
    int tokens = 0, most = 0;
    for (auto [count, states] : spans) {
        memories.push_back({states, numbers(width * states), numbers(width * states)});
    }
    for (size_t span = 0; span < spans.size(); span++) {
        auto [count, states] = spans[span];
        pages.of[span] = {memories[span].keys.data(), memories[span].values.data(), tokens, count, states, 0};
        tokens += count;
        most = max(most, count);
    }
    std::vector<float> query = numbers(tokens * width);
    std::vector<double> expected(tokens * width);
    for (size_t span = 0; span < spans.size(); span++) {
        const Page &page = pages.of[span];
        for (int token = page.first; token < page.first + page.tokens; token++) {
            for (int head = 0; head < heads; head++) {
                const float *wanted = &query[token * width + head * head_dim];
                const float *keys = page.keys + head * head_dim * page.states, *values = page.values + head * head_dim * page.states;
                std::vector<double> weights(page.states);
                double sum = 0, greatest = -INFINITY;
                for (int state = 0; state < page.states; state++) {
                    for (int of = 0; of < head_dim; of++) {
                        weights[state] += (double)scaling * wanted[of] * keys[of * page.states + state];
                    }
                    greatest = max(greatest, weights[state]);
                }
                for (double &weight : weights) {
                    sum += weight = exp(weight - greatest);
                }
                for (int state = 0; state < page.states; state++) {
                    for (int of = 0; of < head_dim; of++) {
                        expected[token * width + head * head_dim + of] += weights[state] / sum * values[state * head_dim + of];
                    }
                }
            }
        }
    }
    std::vector<float> found = poisoned(tokens * width);
    dim3 grid = {(unsigned)spans.size(), (unsigned)heads, (unsigned)(most + QUERIES - 1) / QUERIES};
    simt::launch(grid, THREADS, QUERIES * (head_dim + THREADS + 3), [&] {
        attend_to_pages(found.data(), query.data(), heads, head_dim, scaling, pages);
    });
    return greatest_difference(found, expected);
}

int main() {
    return check("attend_to_pages", 1e-5, [] {
        double error = one_case(2, 64, {{8, 630}, {3, 256}, {1, 1}}, 1);
        error = max(error, one_case(1, 20, {{between(1, 20), between(1, 700)}, {9, 257}}, 1));
        error = max(error, one_case(1, 100, {{2, 255}}, 1));
        // Scores that rise from tile to tile by much.
        error = max(error, one_case(1, 8, {{17, 1030}}, 12));
        return max(error, one_case(1, 256, {{5, 40}}, 1));
    });
}
