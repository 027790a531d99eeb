#include "app/footprint.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace vitals::app {

namespace {

// Read-only segments never change, so their pages equal those of the file.
int drop_read_only(dl_phdr_info* object, std::size_t, void*) {
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    for (const ElfW(Phdr)* segment = object->dlpi_phdr;
         segment != object->dlpi_phdr + object->dlpi_phnum; ++segment) {
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) != 0) continue;
        // The pages that belong only to this segment.
        const std::uintptr_t begin = object->dlpi_addr + segment->p_vaddr;
        const std::uintptr_t first = (begin + page - 1) / page * page;
        const std::uintptr_t last = (begin + segment->p_memsz) / page * page;
        if (first < last)
            madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);  // NOLINT
    }
    return 0;
}

}  // namespace

void give_memory_back() {
    malloc_trim(0);
    dl_iterate_phdr(drop_read_only, nullptr);
}

}  // namespace vitals::app
