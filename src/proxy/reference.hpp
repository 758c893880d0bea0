#pragma once

#include "kernels.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <type_traits>
#include <vector>

/// The plain loops of kernels.hpp, as formulas read: in float they are the reference of the fast
/// kernels, in double they are what numerical derivatives check.
namespace bimix::proxy::reference {

/// A number as a factor, rounded where it is bf16 (ties to even), and back.
template <class Factor, class Real>
Factor as_factor(Real value) {
  if constexpr (std::is_same_v<Factor, Bf16>) {
    const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
    return {static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16)};
  } else {
    return static_cast<Factor>(value);
  }
}
template <class Real, class Factor>
Real from_factor(Factor factor) {
  if constexpr (std::is_same_v<Factor, Bf16>)
    return static_cast<Real>(std::bit_cast<float>(std::uint32_t{factor.bits} << 16));
  else
    return static_cast<Real>(factor);
}

enum class Operand { plain, transposed };

/// c (m, n) = a (m, k) b (k, n) + keep * c; a transposed factor is stored (k, m) or (n, k).
template <class Real>
void matmul(Operand a_form, Operand b_form, Index m, Index n, Index k, const Real* a, const Real* b,
            int keep, Real* c) {
  for (Index i = 0; i < m; ++i)
    for (Index j = 0; j < n; ++j) {
      Real sum = keep ? c[i * n + j] : 0;
      for (Index l = 0; l < k; ++l)
        sum += (a_form == Operand::plain ? a[i * k + l] : a[l * m + i]) *
               (b_form == Operand::plain ? b[l * n + j] : b[j * k + l]);
      c[i * n + j] = sum;
    }
}

template <class Real, class Factor>
void rmsnorm_forward(const Real* x, Factor* n, Real* inverse_rms, Index rows, Index width) {
  for (Index i = 0; i < rows; ++i) {
    Real sum = 0;
    for (Index j = 0; j < width; ++j) sum += x[i * width + j] * x[i * width + j];
    inverse_rms[i] =
        1 / std::sqrt(sum / static_cast<Real>(width) + static_cast<Real>(norm_epsilon));
    for (Index j = 0; j < width; ++j)
      n[i * width + j] = as_factor<Factor>(x[i * width + j] * inverse_rms[i]);
  }
}

template <class Real, class Factor>
void rmsnorm_backward(const Real* dn, const Factor* n, const Real* inverse_rms, Real* dx,
                      Index rows, Index width) {
  for (Index i = 0; i < rows; ++i) {
    Real along = 0;
    for (Index j = 0; j < width; ++j)
      along += dn[i * width + j] * from_factor<Real>(n[i * width + j]);
    along /= static_cast<Real>(width);
    for (Index j = 0; j < width; ++j)
      dx[i * width + j] +=
          inverse_rms[i] * (dn[i * width + j] - along * from_factor<Real>(n[i * width + j]));
  }
}

template <class Real, class Factor>
void gelu_forward(const Real* h, Factor* u, Index count) {
  const Real root = static_cast<Real>(0.7978845608028654), cubic = static_cast<Real>(0.044715);
  for (Index i = 0; i < count; ++i)
    u[i] =
        as_factor<Factor>(h[i] / (1 + std::exp(-2 * root * (h[i] + cubic * h[i] * h[i] * h[i]))));
}

template <class Real, class Factor>
void gelu_backward(const Real* all_h, const Real* all_du, Factor* u, Factor* dh, Index count) {
  const Real root = static_cast<Real>(0.7978845608028654), cubic = static_cast<Real>(0.044715);
  for (Index i = 0; i < count; ++i) {
    const Real h = all_h[i], du = all_du[i];
    const Real gate = 1 / (1 + std::exp(-2 * root * (h + cubic * h * h * h)));
    u[i] = as_factor<Factor>(h * gate);
    dh[i] =
        as_factor<Factor>(du * (gate + h * gate * (1 - gate) * 2 * root * (1 + 3 * cubic * h * h)));
  }
}

inline Index width_of(const AttentionShape& shape) { return shape.heads * shape.head_width; }

/// Turns queries and keys in place, back if `sign` is -1.
template <class Real>
void rotate(const AttentionShape& shape, const Rotary<Real>& angles, Real sign, Real* qkv) {
  const Index half = shape.head_width / 2;
  for (Index row = 0; row < shape.sequences * shape.context; ++row) {
    const Index position = row % shape.context;
    for (Index head = 0; head < 2 * shape.heads; ++head) {  // queries, then keys
      Real* pair = qkv + row * 3 * width_of(shape) + head * shape.head_width;
      for (Index i = 0; i < half; ++i) {
        const Real c = angles.cosine[position * half + i],
                   s = sign * angles.sine[position * half + i];
        const Real a = pair[i], b = pair[half + i];
        pair[i] = a * c - b * s;
        pair[half + i] = a * s + b * c;
      }
    }
  }
}

template <class Real>
Real dot(const Real* a, const Real* b, Index count) {
  Real sum = 0;
  for (Index i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

template <class Real>
std::vector<Real> turned(const AttentionShape& shape, const Rotary<Real>& angles, const Real* qkv) {
  std::vector<Real> copy(qkv, qkv + shape.sequences * shape.context * 3 * width_of(shape));
  rotate(shape, angles, Real{1}, copy.data());
  return copy;
}

template <class Real>
void attention_forward(const AttentionShape& shape, const Rotary<Real>& angles,
                       const Real* unturned, Real* out, Real* log_sum, Real* scratch) {
  const std::vector<Real> qkv = turned(shape, angles, unturned);
  const Index width = width_of(shape), d = shape.head_width;
  const Real scale = 1 / std::sqrt(static_cast<Real>(d));
  for (Index row = 0; row < shape.sequences * shape.context; ++row)
    for (Index head = 0; head < shape.heads; ++head) {
      const Index i = row % shape.context, first = row - i;
      const auto part = [&](Index at, Index which) {
        return qkv.data() + at * 3 * width + which * width + head * d;
      };
      Real top = 0;
      for (Index j = 0; j <= i; ++j) {
        scratch[j] = scale * dot(part(row, 0), part(first + j, 1), d);
        top = j == 0 ? scratch[j] : std::max(top, scratch[j]);
      }
      Real sum = 0;
      for (Index j = 0; j <= i; ++j) sum += std::exp(scratch[j] - top);
      log_sum[row * shape.heads + head] = top + std::log(sum);
      Real* o = out + row * width + head * d;
      std::fill(o, o + d, Real{0});
      for (Index j = 0; j <= i; ++j)
        for (Index e = 0; e < d; ++e)
          o[e] += std::exp(scratch[j] - top) / sum * part(first + j, 2)[e];
    }
}

template <class Real>
void attention_backward(const AttentionShape& shape, const Rotary<Real>& angles,
                        const Real* unturned, const Real* out, const Real* log_sum,
                        const Real* dout, Real* dqkv, Real*) {
  const std::vector<Real> qkv = turned(shape, angles, unturned);
  const Index width = width_of(shape), d = shape.head_width;
  const Real scale = 1 / std::sqrt(static_cast<Real>(d));
  const Index rows = shape.sequences * shape.context;
  std::fill(dqkv, dqkv + rows * 3 * width, Real{0});
  for (Index row = 0; row < rows; ++row)
    for (Index head = 0; head < shape.heads; ++head) {
      const Index i = row % shape.context, first = row - i;
      const auto offset = [&](Index at, Index which) {
        return at * 3 * width + which * width + head * d;
      };
      const Real* doi = dout + row * width + head * d;
      const Real along = dot(doi, out + row * width + head * d, d);
      for (Index j = 0; j <= i; ++j) {
        const Index q = offset(row, 0), k = offset(first + j, 1), v = offset(first + j, 2);
        const Real p =
            std::exp(scale * dot(&qkv[q], &qkv[k], d) - log_sum[row * shape.heads + head]);
        const Real ds = scale * p * (dot(doi, &qkv[v], d) - along);
        for (Index e = 0; e < d; ++e) {
          dqkv[q + e] += ds * qkv[k + e];
          dqkv[k + e] += ds * qkv[q + e];
          dqkv[v + e] += p * doi[e];
        }
      }
    }
  rotate(shape, angles, Real{-1}, dqkv);
}

template <class Real>
void cross_entropy(Real* logits_to_gradient, const std::int32_t* target, Real* nats, Index rows,
                   Index vocabulary, Real scale) {
  for (Index i = 0; i < rows; ++i) {
    Real* logits = logits_to_gradient + i * vocabulary;
    const Real top = *std::max_element(logits, logits + vocabulary);
    Real sum = 0;
    for (Index v = 0; v < vocabulary; ++v) sum += std::exp(logits[v] - top);
    nats[i] = top + std::log(sum) - logits[target[i]];
    for (Index v = 0; v < vocabulary; ++v)
      logits[v] = scale * (std::exp(logits[v] - top) / sum - (v == target[i] ? 1 : 0));
  }
}

inline void round_to_bf16(const float* from, float* to, Index count) {
  for (Index i = 0; i < count; ++i) to[i] = from_factor<float>(as_factor<Bf16>(from[i]));
}

template <class Factor>
void copy(const float* from, Factor* to, Index count) {
  for (Index i = 0; i < count; ++i) to[i] = as_factor<Factor>(from[i]);
}

template <class Real>
void embed(const Real* table, const std::int32_t* token, Real* x, Index rows, Index width) {
  for (Index i = 0; i < rows; ++i) std::copy_n(table + token[i] * width, width, x + i * width);
}

template <class Real>
void embed_backward(const Real* dx, const std::int32_t* token, Real* dtable, Index rows,
                    Index width) {
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < width; ++j) dtable[token[i] * width + j] += dx[i * width + j];
}

template <class Real>
void add(const Real* from, Real* to, Index count) {
  for (Index i = 0; i < count; ++i) to[i] += from[i];
}

template <class Real>
double sum_of_squares(const Real* x, Index count) {
  double sum = 0;
  for (Index i = 0; i < count; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return sum;
}

template <class Real>
void adamw(const AdamStep& step, Real* w, const Real* gradient, Real* m, Real* v, Index count) {
  for (Index i = 0; i < count; ++i) {
    const Real g = step.gradient_scale * gradient[i];
    m[i] = step.beta1 * m[i] + (1 - step.beta1) * g;
    v[i] = step.beta2 * v[i] + (1 - step.beta2) * g * g;
    const Real move = m[i] / step.correction1 / (std::sqrt(v[i] / step.correction2) + step.epsilon);
    w[i] -= step.rate * (move + step.decay * w[i]);
  }
}

}  // namespace bimix::proxy::reference
