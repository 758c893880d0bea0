#pragma once

#include <bimix/law/law.hpp>

namespace bimix::law {

/// How people read law `bimix`: as the paper writes it, L = A r^-alpha (B s^-beta + C), with A = 1
/// by choice of gauge, since (A, B, C) -> (k A, B / k, C / k) changes no prediction. C is for
/// models of the last size and holds what that size leaves.
/// @param law with or without a model size
LawWords bimix_words(const Law& law);

}  // namespace bimix::law
