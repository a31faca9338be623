// Whether the pool is bypassed: a sanitizer shall see each block by itself.
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define COPPICE_POOL_BYPASSED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COPPICE_POOL_BYPASSED 1
#endif

#ifndef COPPICE_POOL_BYPASSED
#define COPPICE_POOL_BYPASSED 0
#endif
