// A value for each status, such as the word of a format. Called with a status.
#pragma once

#include "vitals/status.hpp"

namespace vitals {

template <class T>
struct PerStatus {
    T ok, degraded, failed, unknown;

    constexpr const T& operator()(Status status) const noexcept {
        switch (status) {
            case Status::ok:
                return ok;
            case Status::degraded:
                return degraded;
            case Status::failed:
                return failed;
            case Status::unknown:
                break;
        }
        return unknown;
    }
};

}  // namespace vitals
