#include "emu/errname.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

struct row {
    int error;
    const char *name;
};

#define ROW(name)                                                                                  \
    {                                                                                              \
        name, #name                                                                                \
    }

/* The first name of a number is the one shown; the other names of it are read only. */
static const struct row rows[] = {
    /* POSIX <errno.h> */
    ROW(EPERM),
    ROW(ENOENT),
    ROW(ESRCH),
    ROW(EINTR),
    ROW(EIO),
    ROW(ENXIO),
    ROW(E2BIG),
    ROW(ENOEXEC),
    ROW(EBADF),
    ROW(ECHILD),
    ROW(EAGAIN),
    ROW(ENOMEM),
    ROW(EACCES),
    ROW(EFAULT),
    ROW(EBUSY),
    ROW(EEXIST),
    ROW(EXDEV),
    ROW(ENODEV),
    ROW(ENOTDIR),
    ROW(EISDIR),
    ROW(EINVAL),
    ROW(ENFILE),
    ROW(EMFILE),
    ROW(ENOTTY),
    ROW(ETXTBSY),
    ROW(EFBIG),
    ROW(ENOSPC),
    ROW(ESPIPE),
    ROW(EROFS),
    ROW(EMLINK),
    ROW(EPIPE),
    ROW(EDOM),
    ROW(ERANGE),
    ROW(EDEADLK),
    ROW(ENAMETOOLONG),
    ROW(ENOLCK),
    ROW(ENOSYS),
    ROW(ENOTEMPTY),
    ROW(ELOOP),
    ROW(ENOMSG),
    ROW(EIDRM),
    ROW(ENOLINK),
    ROW(EPROTO),
    ROW(EMULTIHOP),
    ROW(EBADMSG),
    ROW(EOVERFLOW),
    ROW(EILSEQ),
    ROW(ENOTSOCK),
    ROW(EDESTADDRREQ),
    ROW(EMSGSIZE),
    ROW(EPROTOTYPE),
    ROW(ENOPROTOOPT),
    ROW(EPROTONOSUPPORT),
    ROW(EOPNOTSUPP),
    ROW(EAFNOSUPPORT),
    ROW(EADDRINUSE),
    ROW(EADDRNOTAVAIL),
    ROW(ENETDOWN),
    ROW(ENETUNREACH),
    ROW(ENETRESET),
    ROW(ECONNABORTED),
    ROW(ECONNRESET),
    ROW(ENOBUFS),
    ROW(EISCONN),
    ROW(ENOTCONN),
    ROW(ETIMEDOUT),
    ROW(ECONNREFUSED),
    ROW(EHOSTUNREACH),
    ROW(EALREADY),
    ROW(EINPROGRESS),
    ROW(ESTALE),
    ROW(EDQUOT),
    ROW(ECANCELED),
    ROW(EOWNERDEAD),
    ROW(ENOTRECOVERABLE),
#ifdef __linux__
    /* errno(3) */
    ROW(ENOTBLK),
    ROW(ECHRNG),
    ROW(EL2NSYNC),
    ROW(EL3HLT),
    ROW(EL3RST),
    ROW(ELNRNG),
    ROW(EUNATCH),
    ROW(ENOCSI),
    ROW(EL2HLT),
    ROW(EBADE),
    ROW(EBADR),
    ROW(EXFULL),
    ROW(ENOANO),
    ROW(EBADRQC),
    ROW(EBADSLT),
    ROW(EBFONT),
    ROW(ENOSTR),
    ROW(ENODATA),
    ROW(ETIME),
    ROW(ENOSR),
    ROW(ENONET),
    ROW(ENOPKG),
    ROW(EREMOTE),
    ROW(EADV),
    ROW(ESRMNT),
    ROW(ECOMM),
    ROW(EDOTDOT),
    ROW(ENOTUNIQ),
    ROW(EBADFD),
    ROW(EREMCHG),
    ROW(ELIBACC),
    ROW(ELIBBAD),
    ROW(ELIBSCN),
    ROW(ELIBMAX),
    ROW(ELIBEXEC),
    ROW(ERESTART),
    ROW(ESTRPIPE),
    ROW(EUSERS),
    ROW(ESOCKTNOSUPPORT),
    ROW(EPFNOSUPPORT),
    ROW(ESHUTDOWN),
    ROW(ETOOMANYREFS),
    ROW(EHOSTDOWN),
    ROW(EUCLEAN),
    ROW(ENOTNAM),
    ROW(ENAVAIL),
    ROW(EISNAM),
    ROW(EREMOTEIO),
    ROW(ENOMEDIUM),
    ROW(EMEDIUMTYPE),
    ROW(ENOKEY),
    ROW(EKEYEXPIRED),
    ROW(EKEYREVOKED),
    ROW(EKEYREJECTED),
    ROW(ERFKILL),
    ROW(EHWPOISON),
#endif
    /* Elsewhere numbers of their own. */
    ROW(EWOULDBLOCK),
    ROW(ENOTSUP),
#ifdef EDEADLOCK
    ROW(EDEADLOCK),
#endif
};

enum { ROWS = sizeof rows / sizeof *rows };

const char *drill_errname(int error)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].error == error)
            return rows[i].name;
    }
    return "E?";
}

int drill_errname_find(const char *name)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].error;
    }
    return 0;
}
