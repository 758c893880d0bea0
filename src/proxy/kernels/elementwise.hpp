#pragma once

#include "vectors.hpp"

/// Passes over elements and rows, forward beside backward; the step of AdamW. A part of
/// kernels_impl.hpp, which says what is special here.
namespace bimix::proxy {
namespace {

template <class Factor>
void rmsnorm_forward(const float* x, Factor* n, float* inverse_rms, Index rows, Index width) {
  for (Index i = 0; i < rows; ++i, x += width, n += width) {
    Vector sum{};
    for_vectors(width, [&](Index j, auto get, auto) {
      const Vector value = get(x + j);
      sum += value * value;
    });
    const float mean = sum_of_lanes(sum) / static_cast<float>(width);
    const float inverse = 1.0F / __builtin_sqrtf(mean + norm_epsilon);
    inverse_rms[i] = inverse;
    for_vectors(width, [&](Index j, auto get, auto put) { put(n + j, get(x + j) * inverse); });
  }
}

template <class Factor>
void rmsnorm_backward(const float* dn, const Factor* n, const float* inverse_rms, float* dx,
                      Index rows, Index width) {
  for (Index i = 0; i < rows; ++i, dn += width, n += width, dx += width) {
    Vector sum{};
    for_vectors(width, [&](Index j, auto get, auto) { sum += get(dn + j) * get(n + j); });
    const float along = sum_of_lanes(sum) / static_cast<float>(width);
    const float inverse = inverse_rms[i];
    for_vectors(width, [&](Index j, auto get, auto put) {
      put(dx + j, get(dx + j) + (get(dn + j) - get(n + j) * along) * inverse);
    });
  }
}

constexpr float gelu_linear = 1.5957691216F,
                gelu_cubic = 0.0713548163F;  // 2 sqrt(2/pi), * 0.044715

template <class Factor>
void gelu_forward(const float* h, Factor* u, Index count) {
  for_vectors(count, [&](Index i, auto get, auto put) {
    const Vector x = get(h + i);
    put(u + i, x / (exponential(-x * (x * x * gelu_cubic + gelu_linear)) + 1.0F));
  });
}

template <class Factor>
void gelu_backward(const float* h, const float* du, Factor* u, Factor* dh, Index count) {
  for_vectors(count, [&](Index i, auto get, auto put) {
    const Vector x = get(h + i), slope_of_u = get(du + i), square = x * x;
    const Vector e = exponential(-x * (square * gelu_cubic + gelu_linear));
    const Vector gate = 1.0F / (e + 1.0F), y = x * gate;
    // 1 - gate is e * gate, without the cancellation.
    const Vector slope = gate + y * (e * gate) * (square * (3 * gelu_cubic) + gelu_linear);
    put(u + i, y);
    put(dh + i, slope_of_u * slope);
  });
}

void cross_entropy(float* logits_to_gradient, const std::int32_t* target, float* nats, Index rows,
                   Index vocabulary, float scale) {
  for (Index i = 0; i < rows; ++i) {
    float* logits = logits_to_gradient + i * vocabulary;
    const float of_target = logits[target[i]];
    Vector top = splat(of_target);
    for_vectors(vocabulary, [&](Index v, auto get, auto) {
      top = larger(top, first_lanes(get(logits + v), vocabulary - v, top));
    });
    const float shift = largest_lane(top);
    Vector sum{};
    for_vectors(vocabulary, [&](Index v, auto get, auto put) {
      const Vector e = first_lanes(exponential(get(logits + v) - shift), vocabulary - v, Vector{});
      put(logits + v, e);
      sum += e;
    });
    const float total = sum_of_lanes(sum), factor = scale / total;
    nats[i] = logarithm(total) + (shift - of_target);
    for_vectors(vocabulary,
                [&](Index v, auto get, auto put) { put(logits + v, get(logits + v) * factor); });
    logits[target[i]] -= scale;
  }
}

void round_to_bf16(const float* from, float* to, Index count) {
  for_vectors(count, [&](Index i, auto get, auto put) {
    put(to + i, reinterpret_cast<Vector>(nearest_bf16(get(from + i))));
  });
}

template <class Factor>
void copy(const float* from, Factor* to, Index count) {
  for_vectors(count, [&](Index i, auto get, auto put) { put(to + i, get(from + i)); });
}

void embed(const float* table, const std::int32_t* token, float* x, Index rows, Index width) {
  for (Index i = 0; i < rows; ++i, x += width)
    __builtin_memcpy(x, table + token[i] * width, static_cast<std::size_t>(width) * sizeof(float));
}

void embed_backward(const float* dx, const std::int32_t* token, float* dtable, Index rows,
                    Index width) {
  for (Index i = 0; i < rows; ++i, dx += width) {
    float* row = dtable + token[i] * width;
    for_vectors(width,
                [&](Index j, auto get, auto put) { put(row + j, get(row + j) + get(dx + j)); });
  }
}

void add(const float* from, float* to, Index count) {
  for_vectors(count,
              [&](Index i, auto get, auto put) { put(to + i, get(to + i) + get(from + i)); });
}

double sum_of_squares(const float* x, Index count) {
  // Blocks in float, their sum in double.
  constexpr Index block = 64 * lanes;
  double total = 0;
  for (Index first = 0; first < count; first += block) {
    const Index size = count - first < block ? count - first : block;
    Vector sum{};
    for_vectors(size, [&](Index i, auto get, auto) {
      const Vector value = get(x + first + i);
      sum += value * value;
    });
    total += static_cast<double>(sum_of_lanes(sum));
  }
  return total;
}

inline Vector square_root(Vector value) {
  for (Index i = 0; i < lanes; ++i) value[i] = __builtin_sqrtf(value[i]);
  return value;
}

void adamw(const AdamStep& step, float* w, const float* gradient, float* m, float* v, Index count) {
  const float first = 1.0F / step.correction1, second = 1.0F / step.correction2;
  for_vectors(count, [&](Index i, auto get, auto put) {
    const Vector g = get(gradient + i) * step.gradient_scale;
    const Vector mean = get(m + i) * step.beta1 + g * (1 - step.beta1);
    const Vector square = get(v + i) * step.beta2 + g * g * (1 - step.beta2);
    put(m + i, mean);
    put(v + i, square);
    const Vector old = get(w + i);
    const Vector move = mean * first / (square_root(square * second) + step.epsilon);
    put(w + i, old - (move + old * step.decay) * step.rate);
  });
}

}  // namespace
}  // namespace bimix::proxy
