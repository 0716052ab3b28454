import { Module } from '@nestjs/common';
import { LoginService } from './login.service.js';
import { SessionController } from './session.controller.js';

@Module({ controllers: [SessionController], providers: [LoginService], exports: [LoginService] })
export class SessionModule {}
