#include "check.h"
#include "past_attention.cu"

static double one_case(int heads, int head_dim, int slots, int capacity, std::vector<std::pair<int, int>> rows) {
    const size_t width = heads * head_dim;
    const float scaling = 1 / sqrtf(head_dim);
    std::vector<float> keys = numbers(slots * width * capacity), values = numbers(slots * width * capacity);
    std::vector<int> free_slots(slots);
    for (int slot = 0; slot < slots; slot++) {
        free_slots[slot] = slot;
    }
    std::shuffle(free_slots.begin(), free_slots.end(), chance());
    Pasts pasts = {};
    int tokens = 0;
    for (size_t row = 0; row < rows.size(); row++) {
        auto [past, count] = rows[row];
        pasts.of[row] = {free_slots[row], tokens, count, past};
        tokens += count;
        // Nobody has written there: it must not be looked at.
        for (int head = 0; head < heads; head++) {
            for (int number = past * head_dim; number < capacity * head_dim; number++) {
                size_t place = ((size_t)free_slots[row] * heads + head) * capacity * head_dim + number;
                keys[place] = values[place] = NAN;
            }
        }
    }
    std::vector<float> query = numbers(tokens * width), new_keys = numbers(tokens * width), new_values = numbers(tokens * width);
    std::vector<float> expected_keys = keys, expected_values = values;
    std::vector<double> expected(tokens * width);
    for (size_t row = 0; row < rows.size(); row++) {
        const Past &of = pasts.of[row];
        for (int token = 0; token < of.tokens; token++) {
            for (int head = 0; head < heads; head++) {
                size_t at = ((size_t)of.slot * heads + head) * capacity * head_dim;
                size_t from = (of.first + token) * width + head * head_dim;
                for (int number = 0; number < head_dim; number++) {
                    size_t to = at + (of.past + token) * head_dim + number;
                    expected_keys[to] = new_keys[from + number];
                    expected_values[to] = new_values[from + number];
                }
                int seen = of.past + token + 1;
                std::vector<double> weights(seen);
                double sum = 0, greatest = -INFINITY;
                for (int key = 0; key < seen; key++) {
                    for (int number = 0; number < head_dim; number++) {
                        weights[key] += (double)scaling * query[from + number] * expected_keys[at + key * head_dim + number];
                    }
                    greatest = max(greatest, weights[key]);
                }
                for (double &weight : weights) {
                    sum += weight = exp(weight - greatest);
                }
                for (int key = 0; key < seen; key++) {
                    for (int number = 0; number < head_dim; number++) {
                        expected[from + number] += weights[key] / sum * expected_values[at + key * head_dim + number];
                    }
                }
            }
        }
    }
    std::vector<float> found = poisoned(tokens * width);
    simt::launch({(unsigned)rows.size(), (unsigned)heads}, 128, head_dim + capacity, [&] {
        append_and_attend(found.data(), query.data(), new_keys.data(), new_values.data(), keys.data(), values.data(), heads,
                          capacity, head_dim, scaling, pasts);
    });
    // Bit by bit, with what nobody has written: nothing else may be overwritten.
    bool same = !memcmp(keys.data(), expected_keys.data(), keys.size() * sizeof(float)) &&
                !memcmp(values.data(), expected_values.data(), values.size() * sizeof(float));
    return same ? greatest_difference(found, expected) : INFINITY;
}

int main() {
    return check("append_and_attend", 5e-6, [] {
        double error = one_case(2, 64, 3, 24, {{23, 1}, {0, 2}, {7, 1}});
        error = max(error, one_case(1, 20, 2, 41, {{38, 3}, {0, 5}}));
        error = max(error, one_case(3, 7, 1, 1, {{0, 1}}));
        return max(error, one_case(1, 130, 2, 70, {{between(0, 60), between(1, 9)}}));
    });
}
