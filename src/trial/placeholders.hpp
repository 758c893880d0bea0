#pragma once

#include <bimix/core/error.hpp>

#include <functional>
#include <string>
#include <vector>

namespace bimix::trial {

/// Placeholders of a command's arguments: names in braces. {{ and }} stand for braces.
namespace placeholder {

inline constexpr const char* mixture_file = "mixture.json";
inline constexpr const char* folder = "dir";
inline constexpr const char* id = "id";
inline constexpr const char* seed = "seed";
inline constexpr const char* repeat = "repeat";
inline constexpr const char* tokens = "tokens";
inline constexpr const char* volumes = "volumes";
/// Before the name of a domain.
inline constexpr const char* share = "share:";

}  // namespace placeholder

/// Calls `put` with the name of each placeholder and inserts what it gives.
/// @param text without complaints
std::string with_placeholders(const std::string& text,
                              const std::function<std::string(const std::string&)>& put);

/// The names in a text, in order. @param text without complaints
std::vector<std::string> placeholders_in(const std::string& text);

/// What is wrong with the placeholders of a text.
std::vector<core::Complaint> placeholder_complaints(const std::string& place,
                                                    const std::string& text,
                                                    const std::vector<std::string>& domains);

}  // namespace bimix::trial
