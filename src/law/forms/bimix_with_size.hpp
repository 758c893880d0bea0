#pragma once

#include <bimix/law/law.hpp>

#include <memory>

namespace bimix::law {

/// `bimix` for models of several sizes: bimix.cpp has a solver of its own for one size.
std::unique_ptr<const Law> make_bimix_with_size();

}  // namespace bimix::law
