// Files that the page is made of, as bytes of the program. Paths come from CMakeLists.txt.
        .section .rodata

#define ASSET(name, path)            \
        .global name, name##_size;   \
name:;                               \
        .incbin path;                \
name##_end:;                         \
        .balign 8;                   \
name##_size:;                        \
        .quad name##_end - name;

ASSET(bimix_page_html, BIMIX_PAGE_HTML)
ASSET(bimix_page_css, BIMIX_PAGE_CSS)
ASSET(bimix_page_js, BIMIX_PAGE_JS)
ASSET(bimix_chart_library, BIMIX_CHART_LIBRARY)

        .section .note.GNU-stack, "", %progbits
