// SPDX-License-Identifier: GPL-3.0-or-later
// Terminal speeds of any value need the kernel's own header, which does not go with <termios.h>.
#include <asm/ioctls.h>
#include <asm/termbits.h>

int ioctl(int fd, unsigned long request, ...);
unsigned speed_of_terminal(int fd);

unsigned speed_of_terminal(int fd) {
    struct termios2 settings;
    return ioctl(fd, TCGETS2, &settings) == 0 ? settings.c_ospeed : 0;
}
