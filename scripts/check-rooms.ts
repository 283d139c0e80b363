import { join } from 'node:path';
import { checkRooms } from './rooms/check.ts';
import { report } from './tree.ts';

report('rooms', checkRooms(process.argv[2] ?? join(import.meta.dirname, '..')));
