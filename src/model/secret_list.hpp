// Several secrets under one key: during a rotation, the new one and the old one. In the file they
// are a list, or a single secret.
#pragma once

#include "model/description.hpp"

namespace vitals {

// The member is a SecretMap; its names have no meaning.
inline constexpr std::string_view secret_list_name = "secret or list of secrets";

template <auto Member, auto verify = nullptr>
constexpr Field secret_list_field(std::string_view name, std::string_view sentence,
                                  Extra extra = {}) {
    Field made = field<Member, verify>(name, sentence, extra);
    made.type_name = secret_list_name;
    return made;
}

}  // namespace vitals
